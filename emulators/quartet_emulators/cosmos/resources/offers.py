"""Offers: the throughput that a client has asked for. Nothing is limited by it; it is kept and given back."""

import json
import secrets
from typing import Final

from quartet_emulators.cosmos import identifiers
from quartet_emulators.cosmos.errors import bad_request, not_found
from quartet_emulators.cosmos.exchange import Call
from quartet_emulators.cosmos.json_text import Json, decode, encode
from quartet_emulators.cosmos.storage.sqlite_file import Storage

DEFAULT_THROUGHPUT: Final = 400
LEAST_AUTOSCALE: Final = 1000
"""The service scales down to a tenth of the maximum, and provisions no less than 100."""

_RID_BYTES: Final = 3


class Offers:
    """All offers by their resource id, in memory and on disk."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._offers: dict[str, dict[str, Json]] = {rid: json.loads(body) for rid, body in storage.offers()}

    def all(self) -> list[dict[str, Json]]:
        """Every offer's body."""
        return list(self._offers.values())

    def has(self, owner_rid: str) -> bool:
        """Whether a database or container has an offer of its own."""
        return any(offer["offerResourceId"] == owner_rid for offer in self._offers.values())

    def content_for(self, container_rid: str, database_rid: str) -> Json:
        """What was asked for a container: by its own offer, or by its database's that it shares; None without both."""
        found = {offer["offerResourceId"]: offer["content"] for offer in self._offers.values()}
        return found.get(container_rid, found.get(database_rid))

    def get(self, rid: str) -> dict[str, Json]:
        """One offer's body.

        Raises:
            CosmosError: 404 if there is none with this resource id.
        """
        offer = self._offers.get(rid)
        if offer is None:
            raise not_found(f"The offer {rid!r} does not exist.")
        return offer

    def create(self, owner_link: str, owner_rid: str, content: dict[str, Json] | None, now: float) -> None:
        """Keep what was asked for; by default, the least that the service would provision."""
        rid = identifiers.to_text(secrets.token_bytes(_RID_BYTES))
        offer = {
            "resource": owner_link,
            "offerType": "Invalid",
            "offerResourceId": owner_rid,
            "offerVersion": "V2",
            "content": content or {"offerThroughput": DEFAULT_THROUGHPUT},
            "id": rid,
            "_rid": rid,
            "_self": f"offers/{rid}/",
            "_etag": f'"{secrets.token_hex(8)}"',
            "_ts": int(now),
        }
        self._keep(offer)

    def replace(self, rid: str, body: Json, now: float) -> dict[str, Json]:
        """Take over another throughput and return the offer's body.

        Raises:
            CosmosError: 404 if there is no such offer, 400 if the body has no throughput.
        """
        offer = self.get(rid)
        content = body.get("content") if isinstance(body, dict) else None
        if not isinstance(content, dict):
            raise bad_request("An offer needs a content with its throughput.")
        changed = {**offer, "content": content, "_etag": f'"{secrets.token_hex(8)}"', "_ts": int(now)}
        self._keep(changed)
        return changed

    def of(self, owner_rids: list[str]) -> list[str]:
        """The resource ids of the offers of these resources."""
        return [rid for rid, offer in self._offers.items() if offer["offerResourceId"] in owner_rids]

    def forget(self, owner_rids: list[str]) -> None:
        """Drop the offers of resources that are no longer on the disk."""
        for rid in self.of(owner_rids):
            del self._offers[rid]

    def _keep(self, offer: dict[str, Json]) -> None:
        self._storage.save_offer(offer["_rid"], encode(offer))
        self._offers[offer["_rid"]] = offer


def wanted_throughput(call: Call) -> dict[str, Json] | None:
    """The content of the offer that a creation asks for, manual or autoscale, or ``None``.

    Raises:
        CosmosError: 400 if a header is malformed.
    """
    autoscale = call.headers.get("x-ms-cosmos-offer-autopilot-settings")
    if autoscale is not None:
        settings = decode(autoscale)
        if not isinstance(settings, dict) or type(settings.get("maxThroughput")) is not int:
            raise bad_request("The autoscale settings need a whole number as maxThroughput.")
        if settings["maxThroughput"] < LEAST_AUTOSCALE:
            raise bad_request(
                f"Requested throughput {settings['maxThroughput']} is less than required minimum throughput"
                f" {LEAST_AUTOSCALE}."
            )
        return {
            "offerThroughput": max(DEFAULT_THROUGHPUT, settings["maxThroughput"] // 10),
            "offerAutopilotSettings": settings,
        }
    manual = call.headers.get("x-ms-offer-throughput")
    if manual is None:
        return None
    if not manual.isascii() or not manual.isdigit() or int(manual) < DEFAULT_THROUGHPUT:
        raise bad_request(f"The throughput must be a whole number of at least {DEFAULT_THROUGHPUT}, not {manual!r}.")
    return {"offerThroughput": int(manual), "offerIsRUPerMinuteThroughputEnabled": False}
