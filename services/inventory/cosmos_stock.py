"""The stock in Cosmos DB: one logical partition per product, and in it an allocation per order.

A product's stock document counts what is available, reserved and shipped. Beside it lies one *allocation* document for
every claim that was ever made on the product; its first state, held or refused, is decided by the create that wins, and
then it can only move on (held → released or shipped). Both are changed in one transactional batch, so:

- a batch that is sent again fails at its first operation, and the allocations show what was done;
- two owners of one order cannot disagree about it;
- many orders for one product are one batch, with one patch of the stock document for all of them.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError

from quartet.azure.cosmos.client import CONFLICT, BatchLimits, Operation, in_time, run_batch
from quartet.azure.cosmos.keyed_batcher import KeyedBatcher
from services.inventory.domain import order_of
from services.inventory.stock import Held, HoldAnswer, Refused
from shared.events import Shortage

Verb: TypeAlias = Literal["hold", "refuse", "release", "ship"]
HELD, REFUSED, RELEASED, SHIPPED = "held", "refused", "released", "shipped"


@dataclass(frozen=True, slots=True)
class Request:
    """What one claim asks for of one product."""

    verb: Verb
    claim: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one claim has of one product.

    Attributes:
        available: how much there was when it was refused.
        etag: of the document; None if there is none yet.
    """

    claim: str
    quantity: int
    state: str
    available: int = 0
    etag: str | None = None


@dataclass(slots=True)
class Shelf:
    """One product as it was read, and its changes in a batch.

    Attributes:
        available: None if the product was never stocked.
    """

    available: int | None
    allocations: dict[str, Allocation]
    changed: dict[str, Allocation] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)

    def apply(self, request: Request) -> Allocation:
        """Decide one request on top of those before it."""
        found = self.allocations.get(request.claim)
        if found is None and request.verb == "hold":
            return self._decide(request)
        if found is None:
            # It comes before its hold at times, and stays, so that the hold finds it. There is nothing to ship: the
            # caller sees that by the state.
            released = Allocation(request.claim, request.quantity, RELEASED)
            return released if request.verb == "ship" else self._put(released)
        if found.state != HELD or request.verb in {"hold", "refuse"}:
            return found
        state = SHIPPED if request.verb == "ship" else RELEASED
        self.moved["reserved_quantity"] -= found.quantity
        self.moved["shipped_quantity" if state is SHIPPED else "available_quantity"] += found.quantity
        return self._put(replace(found, state=state))

    def _decide(self, request: Request) -> Allocation:
        left = (self.available or 0) + min(self.moved["available_quantity"], 0)
        if request.quantity > left:
            return self._put(Allocation(request.claim, request.quantity, REFUSED, available=left))
        self.moved["available_quantity"] -= request.quantity
        self.moved["reserved_quantity"] += request.quantity
        return self._put(Allocation(request.claim, request.quantity, HELD))

    def _put(self, allocation: Allocation) -> Allocation:
        self.allocations[allocation.claim] = self.changed[allocation.claim] = allocation
        return allocation


class CosmosStock:
    """The `Stock` port. Requests for one product that are made at the same time become one transactional batch."""

    def __init__(self, items: ContainerProxy, limits: BatchLimits | None = None) -> None:
        self._items = items
        most = (limits or BatchLimits()).operations
        # One operation of the batch is the stock document's.
        self._products: KeyedBatcher[str, Request, Allocation] = KeyedBatcher(self._answer, most=most - 1)

    async def hold(self, claim: str, lines: Mapping[str, int], /) -> HoldAnswer:
        """See `Stock.hold`."""
        return await self._all_or_none(claim, lines, await self._ask("hold", claim, lines))

    async def refuse(self, claim: str, lines: Mapping[str, int], /) -> HoldAnswer:
        """See `Stock.refuse`."""
        return await self._all_or_none(claim, lines, await self._ask("refuse", claim, lines))

    async def _all_or_none(
        self, claim: str, lines: Mapping[str, int], allocations: Mapping[str, Allocation]
    ) -> HoldAnswer:
        # A late caller finds a product shipped already: it was held, and releasing the others would be wrong.
        if all(allocation.state in {HELD, SHIPPED} for allocation in allocations.values()):
            return Held()
        # Refused pieces stay refused. Only pieces that are held, or may be held later, have to be released.
        others = {name: lines[name] for name, allocation in allocations.items() if allocation.state != REFUSED}
        await self._ask("release", claim, others)
        return Refused(
            tuple(
                Shortage(product_id=product, requested=lines[product], available=allocation.available)
                for product, allocation in allocations.items()
                if allocation.state == REFUSED
            )
        )

    async def release(self, claim: str, lines: Mapping[str, int], /) -> None:
        """See `Stock.release`."""
        await self._ask("release", claim, lines)

    async def ship(self, claim: str, lines: Mapping[str, int], /) -> None:
        """See `Stock.ship`.

        Raises:
            LookupError: a product is not held: it was never reserved, or was released. A bug.
        """
        allocations = await self._ask("ship", claim, lines)
        if lost := [product for product, allocation in allocations.items() if allocation.state != SHIPPED]:
            raise LookupError(f"{order_of(claim)} was shipped, but holds no {', '.join(lost)}")

    async def _ask(self, verb: Verb, claim: str, lines: Mapping[str, int]) -> dict[str, Allocation]:
        calls = (self._products.call(product, Request(verb, claim, count)) for product, count in lines.items())
        return dict(zip(lines, await asyncio.gather(*calls), strict=True))

    async def _answer(self, product_id: str, requests: Sequence[Request]) -> list[Allocation]:
        """First on the guess that no document exists; if one does, on the stored ones."""
        claims = {request.claim for request in requests}
        # A guess about a claim that asks twice would have to be two guesses.
        shelf = _guess(requests) if len(claims) == len(requests) else await self._read(product_id, claims)
        while True:
            answers = [shelf.apply(request) for request in requests]
            operations = _operations(product_id, shelf)
            if not operations:
                return answers
            try:
                await run_batch(self._items, product_id, operations)
            except CosmosBatchOperationError as error:
                if error.status_code not in CONFLICT:
                    raise
                shelf = await self._read(product_id, claims)
            else:
                return answers

    async def _read(self, product_id: str, claims: set[str]) -> Shelf:
        ids = [product_id, *(_allocation_id(claim) for claim in claims)]
        query = self._items.query_items(
            "SELECT * FROM c WHERE ARRAY_CONTAINS(@ids, c.id)",
            parameters=[{"name": "@ids", "value": ids}],
            partition_key=product_id,
        )
        shelf = Shelf(None, {})
        async with in_time():
            async for document in query:
                if document["id"] == product_id:
                    shelf.available = document["available_quantity"]
                else:
                    shelf.allocations[document["claim"]] = Allocation(
                        document["claim"],
                        document["quantity"],
                        document["state"],
                        document["available"],
                        document["_etag"],
                    )
        return shelf


_ANY = "*"


def _guess(requests: Sequence[Request]) -> Shelf:
    """A shelf with enough for every order, on which each caller that releases or ships holds what it says."""
    held = {
        request.claim: Allocation(request.claim, request.quantity, HELD, etag=_ANY)
        for request in requests
        if request.verb in {"release", "ship"}
    }
    wanted = sum(request.quantity for request in requests if request.verb == "hold")
    return Shelf(wanted, held)


def _operations(product_id: str, shelf: Shelf) -> list[Operation]:
    """The batch: the allocations first, so that a batch that is sent again fails before it moves any stock."""
    operations = [_write(product_id, allocation) for allocation in shelf.changed.values()]
    moves = [{"op": "incr", "path": f"/{name}", "value": by} for name, by in sorted(shelf.moved.items()) if by != 0]
    if moves:
        needed = -shelf.moved["available_quantity"]
        enough = {"filter_predicate": f"FROM c WHERE c.available_quantity >= {needed}"} if needed > 0 else {}
        operations.append(("patch", (product_id, moves), enough))
    return operations


def _write(product_id: str, allocation: Allocation) -> Operation:
    document_id = _allocation_id(allocation.claim)
    if allocation.etag == _ANY:
        held = f'FROM c WHERE c.state = "{HELD}" AND c.quantity = {allocation.quantity}'
        move = [{"op": "set", "path": "/state", "value": allocation.state}]
        return ("patch", (document_id, move), {"filter_predicate": held})
    document = {
        "id": document_id,
        "product_id": product_id,
        "claim": allocation.claim,
        "order_id": order_of(allocation.claim),
        "quantity": allocation.quantity,
        "state": allocation.state,
        "available": allocation.available,
    }
    if allocation.etag is None:
        return ("create", (document,), {})
    return ("replace", (document_id, document), {"if_match_etag": allocation.etag})


def _allocation_id(claim: str) -> str:
    return f"claim:{claim}"
