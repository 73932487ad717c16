"""A payment gateway with a bug in its adapter, which a test switches on and off."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

from quartet.adapters import ServiceContext
from services.payment.gateway import ChargeAnswer, RefundAnswer, VoidAnswer
from services.payment.ledger import ChargeMade, RefundMade
from services.payment.service import simulated_gateway
from services.payment.simulated_gateway import SimulatedGateway


@dataclass(slots=True)
class Switch:
    """Whether the bug is there, and how often it has struck."""

    is_on: bool = False
    struck: int = 0


SWITCH = Switch()


@dataclass(frozen=True, slots=True)
class BrokenGateway:
    """The simulated gateway, behind an adapter that raises while the switch is on."""

    gateway: SimulatedGateway

    async def charge(self, key: str, amount: Decimal, currency: str, method: str, order_id: str) -> ChargeAnswer:
        if SWITCH.is_on:
            SWITCH.struck += 1
            raise ValueError("a bug in the adapter")
        return await self.gateway.charge(key, amount, currency, method, order_id)

    async def void(self, key: str, order_id: str) -> VoidAnswer:
        return await self.gateway.void(key, order_id)

    async def refund(self, key: str, payment_id: str, amount: Decimal, currency: str, order_id: str) -> RefundAnswer:
        return await self.gateway.refund(key, payment_id, amount, currency, order_id)

    def effects(self) -> AsyncIterator[ChargeMade | RefundMade]:
        return self.gateway.effects()


def broken_gateway(context: ServiceContext) -> BrokenGateway:
    """What PAYMENT_GATEWAY names."""
    return BrokenGateway(simulated_gateway(context))
