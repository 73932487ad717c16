"""The adapter of the provider keeps the promises of a port, also when the provider's answer is lost on its way."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from quartet.testing.conformance import (
    IdempotentPort,
    check_keys_are_apart,
    check_same_key_is_one_effect,
    check_two_callers_are_one_effect,
    check_unknown_outcome_is_found,
    check_void_after_is_no_second_effect,
    check_void_comes_first,
    check_void_finds_unknown_outcome,
)
from services.payment.gateway import ChargeAnswer, Charged, Refunded, Voided
from services.payment.ledger import RefundMade
from tests.provider.__main__ import API_KEY, provider
from tests.provider.adapter import ProviderGateway


@dataclass
class Network:
    """What is between the provider and the adapter. It loses the next answer, once the provider has acted."""

    after: str
    loses_next: bool = False

    def loses(self) -> None:
        self.loses_next = True

    def middleware(self) -> Any:  # noqa: ANN401 -- what aiohttp makes of it
        @web.middleware
        async def lose(request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401 -- aiohttp's
            response: web.Response = await handler(request)
            if not self.loses_next:
                return response
            self.loses_next = False
            if self.after == "error 502":
                return web.Response(status=502)
            if self.after == "first bytes":
                begun = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
                await begun.prepare(request)
                await begun.write(b'{"id": "pi_')
            assert request.transport is not None
            request.transport.close()
            return response

        return lose


@asynccontextmanager
async def gateway_over(network: Network) -> AsyncIterator[ProviderGateway]:
    app = provider()
    app.middlewares.append(network.middleware())
    async with TestServer(app) as server:
        headers = {"Authorization": f"Bearer {API_KEY}"}
        async with ClientSession(server.make_url("/"), headers=headers) as http:
            yield ProviderGateway(http)


def charges(gateway: ProviderGateway) -> IdempotentPort[ChargeAnswer]:
    async def charge(key: str) -> ChargeAnswer:
        return await gateway.charge(key, Decimal("12.50"), "EUR", "tok_visa", key)

    async def effects(key: str) -> int:
        return len([effect async for effect in gateway.effects() if effect.saga_id == key])

    async def void(key: str) -> bool:
        return isinstance(await gateway.void(key, key), Voided)

    return IdempotentPort(charge, effects, void, refused=lambda answer: not isinstance(answer, Charged))


def refunds(gateway: ProviderGateway) -> IdempotentPort[Any]:
    async def refund(key: str) -> object:
        return await gateway.refund(key, "pi_1", Decimal("12.50"), "EUR", key)

    async def effects(key: str) -> int:
        made = [effect async for effect in gateway.effects() if effect.saga_id == key]
        return len([effect for effect in made if isinstance(effect, RefundMade)])

    return IdempotentPort(refund, effects, refused=lambda answer: not isinstance(answer, Refunded))


Check = Callable[[IdempotentPort[Any]], Awaitable[None]]
ONE_KEY: Mapping[str, Check] = {
    "same key": lambda port: check_same_key_is_one_effect(port, "o-1"),
    "two callers": lambda port: check_two_callers_are_one_effect(port, "o-1"),
    "two keys": lambda port: check_keys_are_apart(port, "o-1", "o-2"),
}
VOIDS: Mapping[str, Check] = {
    "void first": lambda port: check_void_comes_first(port, "o-1"),
    "void after": lambda port: check_void_after_is_no_second_effect(port, "o-1", left=1),
}
LOST = ["acting", "first bytes", "error 502"]


@pytest.mark.parametrize("described", [charges, refunds])
@pytest.mark.parametrize("check", ONE_KEY)
async def test_a_key_is_one_effect(check: str, described: Callable[[ProviderGateway], IdempotentPort[Any]]) -> None:
    async with gateway_over(Network("acting")) as gateway:
        await ONE_KEY[check](described(gateway))


@pytest.mark.parametrize("check", VOIDS)
async def test_a_void_comes_first_or_last(check: str) -> None:
    async with gateway_over(Network("acting")) as gateway:
        await VOIDS[check](charges(gateway))


@pytest.mark.parametrize("described", [charges, refunds])
@pytest.mark.parametrize("after", LOST)
async def test_a_repeat_finds_what_was_done(
    after: str, described: Callable[[ProviderGateway], IdempotentPort[Any]]
) -> None:
    network = Network(after)
    async with gateway_over(network) as gateway:
        await check_unknown_outcome_is_found(described(gateway), "o-1", network.loses)


@pytest.mark.parametrize("after", LOST)
async def test_a_void_finds_what_was_done(after: str) -> None:
    network = Network(after)
    async with gateway_over(network) as gateway:
        await check_void_finds_unknown_outcome(charges(gateway), "o-1", network.loses)
