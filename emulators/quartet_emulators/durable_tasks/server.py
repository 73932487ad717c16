"""The emulator as a server: gRPC over HTTP/2, without TLS."""

import asyncio
import socket
from collections import Counter
from pathlib import Path
from typing import Final

import grpc

from quartet_emulators.durable_tasks.service import DEFAULT_HUB, Service
from quartet_emulators.durable_tasks.state import State
from quartet_emulators.faults import NO_FAULTS, Injector

STOP_SECONDS: Final = 0.5
"""How long a stop waits for calls in progress, which take a millisecond; waiting calls and streams are cut off."""

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),  # a port that another process has is taken
    ("grpc.keepalive_time_ms", 20_000),  # finds workers whose machine has gone
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),
)


class DurableTasksEmulator:
    """Azure's Durable Task Scheduler on a port of this machine.

    Args:
        data_dir: where ``durable-tasks.sqlite`` lies or will lie.
        host: the address to bind.
        port: the port to bind, 0 for any free one; once started, the attribute has the one that was bound.
        counters: counts calls by agent and operation.
        faults: those to inject.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        counters: Counter[tuple[str, str]] | None = None,
        faults: Injector = NO_FAULTS,
    ) -> None:
        self.host = host
        self.port = port
        self._data_dir = data_dir
        self._counters: Counter[tuple[str, str]] = Counter() if counters is None else counters
        self._faults = faults
        self._state: State | None = None
        self._server: grpc.aio.Server | None = None

    @property
    def endpoint(self) -> str:
        """Where it is reached."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def connection_string(self) -> str:
        """What a client connects with."""
        return f"Endpoint={self.endpoint};TaskHub={DEFAULT_HUB};Authentication=None"

    async def start(self) -> None:
        """Load the data and listen.

        Raises:
            OSError: the port is taken, or the directory cannot be used.
            StoreError: the data cannot be used.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        _check(self.host, self.port)
        state = State(self._data_dir, asyncio.get_running_loop())
        server = grpc.aio.server(options=_OPTIONS)
        try:
            server.add_generic_rpc_handlers((Service(state, self._counters, self._faults),))
            host = f"[{self.host}]" if ":" in self.host else self.host
            self.port = server.add_insecure_port(f"{host}:{self.port}")
            await server.start()
        except BaseException as error:
            await server.stop(None)
            state.close()
            if isinstance(error, RuntimeError):  # gRPC has no other way to say that it cannot bind
                raise OSError(str(error)) from error
            raise
        self._state, self._server = state, server

    def drop_connections(self) -> None:
        """End the streams of all workers; `stop` cuts off the rest."""
        if self._state is not None:
            for hub in self._state.hubs:
                hub.work.end_streams()

    async def stop(self) -> None:
        """Finish the calls in progress, cut off those that wait, and close the data. Does nothing if not started."""
        self.drop_connections()
        if self._server is not None:
            await self._server.stop(STOP_SECONDS)
        if self._state is not None:
            self._state.close()
        self._server = self._state = None


def _check(host: str, port: int) -> None:
    """Find out whether a port is free: gRPC says no more than that it could not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
