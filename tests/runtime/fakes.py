"""A hub and a store in memory, and a participant small enough to see through."""

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import structlog
from structlog.typing import FilteringBoundLogger

from quartet.engine.dead_letters.store import DISCARDED, Settled, StoredLetter
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.declaration.outcome import Decided, Ignored, Outcome, Rejected
from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.reaction import Reaction, on
from quartet.engine.declaration.retry_policy import Backoff, RetryPolicy
from quartet.engine.engine import Engine, OnRedrive
from quartet.engine.errors import OutageError
from quartet.engine.ports import DeadLetter, Message, Now
from quartet.engine.records.record import Json, Record, RecordLimits
from quartet.engine.telemetry.port import UNOBSERVED, Observer
from quartet.events import CONTENT_TYPE, Event, EventData, encode, event_key, new_event, to_json
from shared.events import (
    REGISTRY,
    CompensationFailed,
    InventoryReleased,
    InventoryReserved,
    Line,
    OrderCompleted,
    OrderCreated,
    PaymentFailed,
    ShippingFailed,
)

# Tracebacks of the bugs that tests plant are drawn slowly, and not read.
QUIET: FilteringBoundLogger = structlog.wrap_logger(
    structlog.PrintLogger(), wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parcel:
    """The state of the participant of these tests."""

    seen: int
    customer: str = ""
    given_back: bool = False


@dataclass(slots=True)
class Desk:
    """Its port: counts the calls, and fails a given number of times."""

    is_shut: bool = False
    calls: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def work(self, order_id: str) -> None:
        self.calls.append(order_id)
        if self.failures:
            raise self.failures.pop(0)


async def open_parcel(event: Event[OrderCreated], parcel: Parcel | None, desk: Desk) -> Outcome[Parcel]:
    if parcel is not None and parcel.customer:
        if parcel.customer != event.data.customer_id:
            return Rejected("another_customer", f"it belongs to {parcel.customer}")
        return Ignored("duplicate")
    await desk.work(event.data.order_id)
    seen = parcel.seen if parcel else 0
    completed = OrderCompleted(order_id=event.data.order_id, currency=event.data.currency, total=event.data.total)
    return Decided(Parcel(seen + 1, event.data.customer_id), (completed,), "opened")


async def count_parcel(event: Event[InventoryReserved], parcel: Parcel | None, desk: Desk) -> Outcome[Parcel]:
    await desk.work(event.data.order_id)
    return Decided(replace(parcel, seen=parcel.seen + 1) if parcel else Parcel(1))


async def give_parcel_back(event: Event[ShippingFailed], parcel: Parcel | None, desk: Desk) -> Outcome[Parcel]:
    """The compensation of these tests: at a desk that is shut, it is owed."""
    desk.calls.append(event.data.order_id)
    if parcel is not None and parcel.given_back:
        return Ignored("already given back")
    known = parcel or Parcel(0)
    if desk.is_shut:
        failed = CompensationFailed(order_id=event.data.order_id, compensation="refund", reason="desk_is_shut")
        return Decided(known, (failed,), "not given back", owed="the desk is shut")
    released = InventoryReleased(order_id=event.data.order_id, items=(Line(product_id="teapot", quantity=1),))
    return Decided(replace(known, given_back=True), (released,), "given back")


async def say_too_much(event: Event[PaymentFailed], parcel: Parcel | None, desk: Desk) -> Outcome[Parcel]:
    del desk
    return Decided(parcel or Parcel(0), (PaymentFailed(order_id=event.data.order_id, reason="never_announced"),))


async def close_anyway(event: Event[OrderCreated], parcel: Parcel | None, desk: Desk) -> Outcome[Parcel]:
    del parcel, desk
    lines = (Line(product_id="apology", quantity=1),)
    return Decided(Parcel(99), (InventoryReleased(order_id=event.data.order_id, items=lines),), "gave up")


_SAYS = (OrderCompleted, InventoryReleased, CompensationFailed)

DESK_SERVICE = Participant(
    events=REGISTRY,
    name="desk",
    database="desk",
    container="parcels",
    state=Parcel,
    reactions=(
        on(OrderCreated, open_parcel, says=_SAYS, fallback=close_anyway, creates=True),
        on(InventoryReserved, count_parcel, says=_SAYS),
        on(PaymentFailed, say_too_much, says=_SAYS),
        on(ShippingFailed, give_parcel_back, says=_SAYS),
    ),
)


def desk_that(reaction: Reaction[Parcel, Desk]) -> Participant[Parcel, Desk]:
    """The desk with another reaction to one event."""
    others = (one for one in DESK_SERVICE.reactions if one.event is not reaction.event)
    return replace(DESK_SERVICE, reactions=(*others, reaction))


class MemoryRecords:
    """A `RecordStore` with ETags. What a test puts into `rival` is written before the next commit."""

    def __init__(self) -> None:
        self.records: dict[str, Record[Parcel]] = {}
        self.loads: list[set[str]] = []
        self.commits: list[set[str]] = []
        self.outages = 0
        self.rival: dict[str, Record[Parcel]] = {}
        self._etags = count(1)

    async def load(self, order_ids: Collection[str]) -> dict[str, Record[Parcel]]:
        self._maybe_down()
        self.loads.append(set(order_ids))
        return {order_id: self.records[order_id] for order_id in order_ids if order_id in self.records}

    async def commit(self, records: Sequence[Record[Parcel]]) -> dict[str, str]:
        self._maybe_down()
        self.commits.append({record.saga_id for record in records})
        for rival in self.rival.values():
            self.put(rival)
        self.rival = {}
        return {record.saga_id: self.put(record) for record in records if self._etag(record.saga_id) == record.etag}

    def put(self, record: Record[Parcel]) -> str:
        etag = f'"{next(self._etags)}"'
        self.records[record.saga_id] = replace(record, etag=etag)
        return etag

    def _etag(self, order_id: str) -> str | None:
        return self.records[order_id].etag if order_id in self.records else None

    def _maybe_down(self) -> None:
        if self.outages:
            self.outages -= 1
            raise OutageError("the store is away")


class MemoryHub:
    """A `Publisher` that keeps every send."""

    def __init__(self) -> None:
        self.sends: list[tuple[str, list[Json]]] = []
        self.outages = 0
        self.asked = asyncio.Event()

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        self.asked.set()
        if self.outages:
            self.outages -= 1
            raise OutageError("the hub is away")
        self.sends.append((partition, list(events)))

    @property
    def said(self) -> list[Json]:
        return [event for _, events in self.sends for event in events]


class MemoryDeadLetters:
    """A `DeadLetterStore`. While it is `away`, it says so in `asked` and keeps nothing."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredLetter] = {}
        self.away = False
        self.asked = asyncio.Event()
        self._etags = count(1)

    @property
    def letters(self) -> list[DeadLetter]:
        return [stored.letter for stored in self.stored.values()]

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        self.asked.set()
        if self.away:
            raise OutageError("the dead letters are away")
        for letter in letters:
            before = self.stored.get(letter.id)
            attempts = letter.attempts + (before.letter.attempts if before else 0)
            died = before.letter.dead_at if before else letter.dead_at
            self._write(replace(letter, attempts=attempts, dead_at=died), None)

    async def discarded_sagas(self) -> set[str]:
        return {
            str(stored.letter.saga_id)
            for stored in self.stored.values()
            if stored.settled is not None and stored.settled.outcome == DISCARDED
        }

    async def find(self, *, saga_id: str | None = None, settled: bool = False) -> list[StoredLetter]:
        return [
            stored
            for stored in self.stored.values()
            if (settled or stored.settled is None) and saga_id in {None, stored.letter.saga_id}
        ]

    async def get(self, letter_id: str) -> StoredLetter | None:
        return self.stored.get(letter_id)

    async def settle(self, stored: StoredLetter, settled: Settled) -> bool:
        current = self.stored.get(stored.id)
        if current is None or current.etag != stored.etag:
            return False
        self._write(current.letter, settled)
        return True

    def _write(self, letter: DeadLetter, settled: Settled | None) -> None:
        self.stored[letter.id] = StoredLetter(letter, settled, f'"{next(self._etags)}"')


@dataclass(slots=True)
class Bench:
    """An engine with everything around it in memory, and sleeps that take no time."""

    records: MemoryRecords = field(default_factory=MemoryRecords)
    hub: MemoryHub = field(default_factory=MemoryHub)
    dead: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    desk: Desk = field(default_factory=Desk)
    slept: list[float] = field(default_factory=list)
    while_asleep: Callable[[], object] = lambda: None

    def engine(
        self,
        *,
        look_first: bool = False,
        log: FilteringBoundLogger = QUIET,
        participant: Participant[Parcel, Desk] = DESK_SERVICE,
        limits: RecordLimits | None = None,
        together_seconds: float | None = None,
        call_seconds: float = 10,
        now: Now = lambda: NOON,
        on_redrive: OnRedrive | None = None,
        hubs: Hubs | None = None,
        observer: Observer = UNOBSERVED,
    ) -> Engine[Parcel]:
        """A process that has started: nothing in memory, everything else as it was."""
        return Engine(
            participant,
            ports=self.desk,
            store=self.records,
            publisher=self.hub,
            dead_letters=self.dead,
            buckets=16,
            now=now,
            sleep=self._sleep,
            retry=RetryPolicy(3, call_seconds, backoff=Backoff(0.1, 1), outage_backoff=Backoff(0.1, 1)),
            limits=limits,
            together_seconds=together_seconds,
            rng=random.Random(7),
            look_first=look_first,
            log=log,
            on_redrive=on_redrive,
            hubs=hubs,
            observer=observer,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.while_asleep()
        await asyncio.sleep(0)


SHOP, INVENTORY, SHIPPING = "/tests", "/services/inventory", "/services/shipping"
"""The sources of the events of these tests: the shop that places orders, and who may say the others."""


def keys(*event_ids: str, source: str = INVENTORY) -> list[str]:
    """How a record recalls events of these tests."""
    return [event_key(source, event_id) for event_id in event_ids]


def order_data(order_id: str, **changes: object) -> dict[str, Any]:
    """An order for a teapot."""
    return {
        "order_id": order_id,
        "customer_id": "ada",
        "currency": "EUR",
        "items": [{"product_id": "teapot", "quantity": 1, "unit_price": "24.90"}],
        "payment_method": "tok_visa",
        "shipping_address": {
            "recipient": "Ada",
            "street": "1 Engine Row",
            "city": "London",
            "postal_code": "N1",
            "country": "GB",
        },
        **changes,
    }


def order_created(order_id: str, event_id: str = "", **changes: object) -> Event[OrderCreated]:
    data = OrderCreated.model_validate(order_data(order_id, **changes))
    return new_event(data, source=SHOP, time=NOON, id=event_id or f"created-{order_id}")


def reserved(order_id: str, event_id: str = "") -> Event[InventoryReserved]:
    created = order_data(order_id)
    data = InventoryReserved.model_validate({**created, "total": "24.90"})
    return new_event(data, source=INVENTORY, time=NOON, id=event_id or f"reserved-{order_id}")


def shipping_failed(order_id: str, event_id: str = "") -> Event[ShippingFailed]:
    data = ShippingFailed(order_id=order_id, reason="address_not_served")
    return new_event(data, source=SHIPPING, time=NOON, id=event_id or f"failed-{order_id}")


def messages(*events: Event[EventData] | bytes, start: int = 0) -> list[Message]:
    """What the hub delivers of these events; bytes stand for a body that is no event."""
    return [
        Message(
            event if isinstance(event, bytes) else encode(to_json(event)),
            CONTENT_TYPE,
            {},
            sequence_number,
            str(sequence_number),
        )
        for sequence_number, event in enumerate(events, start)
    ]
