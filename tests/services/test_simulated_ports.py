"""The simulated gateway and carrier keep the promises of a port, on a real ledger."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

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
from services.payment import gateway as money
from services.payment.ledger import RefundMade
from services.payment.simulated_gateway import SimulatedGateway
from services.shipping import carrier as parcels
from services.shipping.simulated_carrier import SimulatedCarrier
from shared.events import Address
from tests.cosmos_fixture import Cosmos, running_cosmos

ADDRESS = Address(recipient="Ada", street="1 Loop", city="Bern", postal_code="3000", country="CH")
Port = IdempotentPort[Any]
Check = Callable[[Port], Awaitable[None]]


@dataclass
class Customer:
    """Charges at the simulated gateway. The token `tok_flaky` loses the answer of the first charge under a key."""

    gateway: SimulatedGateway
    token: str = "tok_visa"

    def loses(self) -> None:
        self.token = "tok_flaky"

    def described(self) -> Port:
        async def charge(key: str) -> money.ChargeAnswer:
            return await self.gateway.charge(key, Decimal("12.50"), "EUR", self.token, key)

        async def effects(key: str) -> int:
            return len([effect async for effect in self.gateway.effects() if effect.saga_id == key])

        async def void(key: str) -> bool:
            return isinstance(await self.gateway.void(key, key), money.Voided)

        return IdempotentPort(charge, effects, void, refused=lambda answer: not isinstance(answer, money.Charged))


def refunds(gateway: SimulatedGateway) -> Port:
    async def refund(key: str) -> money.RefundAnswer:
        charge = await gateway.charge(money.charge_key(key), Decimal("12.50"), "EUR", "tok_visa", key)
        assert isinstance(charge, money.Charged)
        return await gateway.refund(key, charge.payment_id, Decimal("12.50"), "EUR", key)

    async def effects(key: str) -> int:
        made = [effect async for effect in gateway.effects() if effect.saga_id == key]
        return len([effect for effect in made if isinstance(effect, RefundMade)])

    return IdempotentPort(refund, effects, refused=lambda answer: isinstance(answer, money.RefundRefused))


def bookings(carrier: SimulatedCarrier) -> Port:
    async def book(key: str) -> parcels.BookAnswer:
        return await carrier.book(key, key, ADDRESS, {"tea": 2})

    async def effects(key: str) -> int:
        return len([effect async for effect in carrier.effects() if effect.saga_id == key])

    async def void(key: str) -> bool:
        return isinstance(await carrier.void(key, key), parcels.Voided)

    return IdempotentPort(book, effects, void, refused=lambda answer: not isinstance(answer, parcels.Booked))


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path) as running:
        yield running


@pytest.fixture
async def customer(cosmos: Cosmos) -> Customer:
    return Customer(SimulatedGateway(await cosmos.container("gateway-ledger"), 16))


@pytest.fixture
async def ports(cosmos: Cosmos, customer: Customer) -> Mapping[str, Port]:
    carrier = SimulatedCarrier(await cosmos.container("carrier-ledger"), 16)
    return {"charge": customer.described(), "refund": refunds(customer.gateway), "shipment": bookings(carrier)}


ONE_KEY: Mapping[str, Check] = {
    "same key": lambda port: check_same_key_is_one_effect(port, "o-1"),
    "two callers": lambda port: check_two_callers_are_one_effect(port, "o-1"),
    "two keys": lambda port: check_keys_are_apart(port, "o-1", "o-2"),
}
VOIDS: Mapping[str, Check] = {
    "void first": lambda port: check_void_comes_first(port, "o-1"),
    "void after": lambda port: check_void_after_is_no_second_effect(port, "o-1", left=1),
}


@pytest.mark.parametrize("name", ["charge", "refund", "shipment"])
@pytest.mark.parametrize("check", ONE_KEY)
async def test_a_key_is_one_effect(ports: Mapping[str, Port], name: str, check: str) -> None:
    await ONE_KEY[check](ports[name])


@pytest.mark.parametrize("name", ["charge", "shipment"])
@pytest.mark.parametrize("check", VOIDS)
async def test_a_void_comes_first_or_last(ports: Mapping[str, Port], name: str, check: str) -> None:
    await VOIDS[check](ports[name])


async def test_a_repeat_finds_a_charge_whose_answer_was_lost(customer: Customer) -> None:
    await check_unknown_outcome_is_found(customer.described(), "o-1", customer.loses)


async def test_a_void_finds_a_charge_whose_answer_was_lost(customer: Customer) -> None:
    await check_void_finds_unknown_outcome(customer.described(), "o-1", customer.loses)
