"""The books of the outside world: those of the gateway and the carrier that the services run with."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from quartet.adapters import SagaLedger
from quartet.cli.audit.ledgers import opening_ledgers
from quartet.cli.reading.connection import Cosmos
from services.operations.participants import PAYMENT_SERVICE, SHIPPING_SERVICE
from services.payment.ledger import ChargeMade, RefundMade
from services.shipping.ledger import ParcelBooked


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Where the audit sees what really happened.

    Attributes:
        why_no_look_up: why orders cannot be looked up in them; empty if they can.
    """

    gateway: SagaLedger[ChargeMade | RefundMade]
    carrier: SagaLedger[ParcelBooked]
    why_no_look_up: str = ""


@asynccontextmanager
async def open_ledgers(cosmos: Cosmos, environment: Mapping[str, str] | None = None) -> AsyncIterator[Ledgers]:
    """The ledgers of the ports that the services run with, by their names in the environment (this process's, if None).

    Raises:
        ConfigurationError: a port cannot be opened, is not the service's own, or has no ledger.
        OutageError: a server does not answer.
    """
    async with opening_ledgers(cosmos, environment) as ledgers:
        gateway = await ledgers.open(PAYMENT_SERVICE, "charges and refunds")
        carrier = await ledgers.open(SHIPPING_SERVICE, "shipments")
        yield Ledgers(gateway, carrier, gateway.why_no_look_up or carrier.why_no_look_up)
