"""Liveness and readiness over HTTP."""

import socket

import aiohttp
import pytest

from quartet.engine.errors import ConfigurationError
from quartet.process.health import Health, health_server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_service_is_live_immediately_and_ready_when_it_receives() -> None:
    health, port = Health(report=lambda: {"partitions": ["0"]}), free_port()
    async with health_server(health, "127.0.0.1", port), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        async with client.get("/health/live") as answer:
            assert answer.status == 200
        async with client.get("/health/ready") as answer:
            assert (answer.status, await answer.json()) == (503, {"ready": False, "partitions": ["0"]})
        health.ready = True
        async with client.get("/health/ready") as answer:
            assert (answer.status, await answer.json()) == (200, {"ready": True, "partitions": ["0"]})


async def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"HEALTH_PORT {port} cannot be used"):
            async with health_server(Health(), "127.0.0.1", port):
                pass
