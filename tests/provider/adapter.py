"""The adapter of that provider: what a deployment writes to put its own gateway in place of the simulated one.

`PAYMENT_GATEWAY=tests.provider.adapter:open_gateway`, and PROVIDER_URL and PROVIDER_KEY beside it.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp

from quartet import ConfigurationError, OutageError
from quartet.adapters import ServiceContext, stretched
from services.payment.gateway import (
    AlreadyCharged,
    AlreadyDeclined,
    ChargeAnswer,
    Charged,
    Declined,
    GatewayTimeout,
    RefundAnswer,
    Refunded,
    VoidAnswer,
    Voided,
)
from services.payment.ledger import ChargeMade, RefundMade

_AWAY = frozenset({429, 503})


class BlindGateway:
    """The `Gateway` port alone: it cannot be audited."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def check(self) -> None:
        """Ask whether the key is good."""
        try:
            await self._call("GET", "/account")
        except GatewayTimeout as error:
            raise OutageError(f"the provider cannot be reached: {error}") from error

    async def charge(self, key: str, amount: Decimal, currency: str, method: str, order_id: str) -> ChargeAnswer:
        """See `Gateway.charge`."""
        entry = await self._post(
            "/charges", key, amount=str(amount), currency=currency, method=method, reference=order_id
        )
        match entry["status"]:
            case "succeeded":
                return Charged(entry["id"])
            case "declined":
                return Declined("declined by the provider")
            case _:
                return Voided()

    async def void(self, key: str, order_id: str) -> VoidAnswer:
        """See `Gateway.void`."""
        entry = await self._post("/voids", key, reference=order_id)
        match entry["status"]:
            case "succeeded":
                return AlreadyCharged(entry["id"], Decimal(entry["amount"]), entry["currency"])
            case "declined":
                return AlreadyDeclined("declined by the provider")
            case _:
                return Voided()

    async def refund(self, key: str, payment_id: str, amount: Decimal, currency: str, order_id: str) -> RefundAnswer:
        """See `Gateway.refund`."""
        entry = await self._post(
            "/refunds", key, charge=payment_id, amount=str(amount), currency=currency, reference=order_id
        )
        return Refunded(entry["id"])

    async def _post(self, path: str, key: str, **body: str) -> dict[str, Any]:
        return await self._call("POST", path, json=body, headers={"Idempotency-Key": key})

    async def _call(
        self, verb: str, path: str, json: object = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            async with self._http.request(verb, path, json=json, headers=headers) as response:
                if response.status in {401, 403}:
                    raise ConfigurationError("the provider refuses the key: check PROVIDER_KEY")
                if response.status in _AWAY:
                    raise OutageError(f"the provider is away: status {response.status}")
                response.raise_for_status()
                answer: dict[str, Any] = await response.json()
                return answer
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
            raise GatewayTimeout(str(error) or "no answer in time") from error


class ProviderGateway(BlindGateway):
    """The `Gateway` port, and its ledger."""

    async def effects(self) -> AsyncIterator[ChargeMade | RefundMade]:
        """See `Ledger.effects`."""
        after: int | None = 0
        while after is not None:
            page = await self._call("GET", f"/entries?after={after}")
            for entry in page["data"]:
                if entry["status"] == "succeeded":
                    effect = ChargeMade if entry["kind"] == "charge" else RefundMade
                    yield effect(entry["reference"], entry["id"], Decimal(entry["amount"]), entry["currency"])
            after = page["next"]


@asynccontextmanager
async def open_gateway(context: ServiceContext) -> AsyncIterator[ProviderGateway]:
    """The gateway of this deployment."""
    async with _session(context) as http:
        yield ProviderGateway(http)


@asynccontextmanager
async def open_blind_gateway(context: ServiceContext) -> AsyncIterator[BlindGateway]:
    """The same without a ledger."""
    async with _session(context) as http:
        yield BlindGateway(http)


def _session(_: ServiceContext) -> aiohttp.ClientSession:
    try:
        url, key = os.environ["PROVIDER_URL"], os.environ["PROVIDER_KEY"]
    except KeyError as error:
        raise ConfigurationError(f"{error.args[0]} is not set") from error
    return aiohttp.ClientSession(
        url, headers={"Authorization": f"Bearer {key}"}, timeout=aiohttp.ClientTimeout(total=stretched(10))
    )
