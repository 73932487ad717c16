"""An item with a permanent error is found, isolated and stored; the rest of the batch continues."""

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest

from quartet.engine.errors import ConfigurationError, Kind, OutageError, TransientError, classify
from quartet.engine.failures.isolation import isolate
from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.record import Foreign, Json, Record
from quartet.engine.saga_update import SagaUpdate
from quartet.events import read_envelope
from tests.runtime.fakes import (
    Bench,
    MemoryDeadLetters,
    MemoryHub,
    MemoryRecords,
    Parcel,
    messages,
    order_created,
    reserved,
)

PERMANENT = ValueError("400: repeating does not help")


class HttpError(Exception):
    """An error of some HTTP client, which carries the status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status_code = status


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OutageError("away"), Kind.OUTAGE),
        (ConfigurationError("no key"), Kind.CONFIGURATION),
        (HttpError(401), Kind.CONFIGURATION),
        (HttpError(403), Kind.CONFIGURATION),
        (HttpError(503), Kind.TRANSIENT),
        (HttpError(429), Kind.TRANSIENT),
        (TransientError("busy"), Kind.TRANSIENT),
        (TimeoutError(), Kind.TRANSIENT),
        (ConnectionResetError(), Kind.TRANSIENT),
        (HttpError(413), Kind.PERMANENT),
        (ZeroDivisionError(), Kind.PERMANENT),
    ],
)
def test_every_error_is_of_one_kind(error: Exception, kind: Kind) -> None:
    assert classify(error) is kind


@pytest.mark.parametrize("bad", [set[int](), {0}, {6}, {3, 4}, set(range(7))])
async def test_halving_finds_all_that_is_at_fault_and_does_the_rest_in_order(bad: set[int]) -> None:
    done: list[int] = []
    isolated: list[int] = []

    async def attempt(some: Sequence[int]) -> None:
        if bad & set(some):
            raise PERMANENT
        done.extend(some)

    async def note(item: int, error: Exception) -> None:
        assert error is PERMANENT
        isolated.append(item)

    await isolate(range(7), attempt, note)
    assert done == [number for number in range(7) if number not in bad]
    assert isolated == sorted(bad)


async def test_one_bad_item_among_a_thousand_costs_few_attempts() -> None:
    attempts = 0

    async def attempt(some: Sequence[int]) -> None:
        nonlocal attempts
        attempts += 1
        if 700 in some:
            raise PERMANENT

    async def note(_item: int, _error: Exception) -> None:
        pass

    await isolate(range(1000), attempt, note)
    assert attempts <= 2 * math.log2(1024) + 1


async def test_a_batch_with_an_error_that_is_not_permanent_is_not_halved() -> None:
    async def attempt(_some: Sequence[int]) -> None:
        raise OutageError("away")

    async def note(_item: int, _error: Exception) -> None:
        raise AssertionError("nothing is at fault")

    with pytest.raises(OutageError):
        await isolate([1, 2], attempt, note)


class PickyRecords(MemoryRecords):
    """A store that will not load or commit some orders, whatever one does."""

    def __init__(
        self, *, loads: Collection[str] = (), commits: Callable[[Record[Parcel]], bool] = lambda _: False
    ) -> None:
        super().__init__()
        self.unloadable = loads
        self.refuses = commits

    async def load(self, order_ids: Collection[str]) -> dict[str, Record[Parcel]]:
        if set(order_ids) & set(self.unloadable):
            raise PERMANENT
        return await super().load(order_ids)

    async def commit(self, records: Sequence[Record[Parcel]]) -> dict[str, str]:
        if any(self.refuses(record) for record in records):
            raise PERMANENT
        return await super().commit(records)


def subjects(bench: Bench) -> set[str]:
    return {event["subject"] for event in bench.hub.said}


async def test_an_order_whose_state_cannot_be_stored_waits_behind_its_dead_letter() -> None:
    bench = Bench(records=PickyRecords(commits=lambda record: record.saga_id == "o-2" and record.state is not None))
    await bench.engine().process("0", messages(*(order_created(f"o-{n}") for n in range(5))))

    [letter] = bench.dead.letters
    assert (letter.reason, letter.saga_id) == ("state_not_stored", "o-2")
    assert subjects(bench) == {"o-0", "o-1", "o-3", "o-4"}
    assert bench.records.records["o-2"].parked == (letter.id,)
    assert bench.records.records["o-2"].state is None


async def test_if_the_queue_cannot_be_stored_the_dead_letter_alone_is_stored() -> None:
    bench = Bench(records=PickyRecords(commits=lambda record: record.saga_id == "o-1"))
    await bench.engine().process("0", messages(order_created("o-1"), order_created("o-2")))

    assert [(letter.reason, letter.saga_id) for letter in bench.dead.letters] == [("state_not_stored", "o-1")]
    assert subjects(bench) == {"o-2"}
    assert "o-1" not in bench.records.records


async def test_a_document_that_cannot_be_loaded_holds_up_its_own_order_alone() -> None:
    bench = Bench(records=PickyRecords(loads={"o-1"}))
    bench.records.put(Record("o-2", "0", Parcel(1, "ada")))
    await bench.engine().process("0", messages(reserved("o-1"), reserved("o-2")))

    [letter] = bench.dead.letters
    assert (letter.reason, letter.saga_id) == ("state_unreadable", "o-1")
    assert bench.records.records["o-2"].state == Parcel(2, "ada")


async def test_the_events_of_a_foreign_document_wait_and_the_document_stays_as_it_is() -> None:
    bench = Bench()
    foreign = Foreign({"id": "o-1", "pk": "0", "flavour": "new"}, "version 9 of the state is not known")
    bench.records.put(Record("o-1", "0", foreign=foreign))
    bench.records.put(Record("o-2", "0", Parcel(1, "ada")))
    some = messages(reserved("o-1", "a"), reserved("o-1", "b"), reserved("o-2"))
    await bench.engine().process("0", some)

    assert [(letter.reason, letter.message.sequence_number) for letter in bench.dead.letters] == [
        ("state_unreadable", 0),
        ("waiting", 1),
    ]
    stored = bench.records.records["o-1"]
    assert stored.foreign == foreign
    assert stored.parked == tuple(message.letter_id("0") for message in some[:2])
    assert bench.desk.calls == ["o-2"]


class PickyHub(MemoryHub):
    """A hub that refuses the events of one order permanently."""

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        if any(event["subject"] == "o-1" for event in events):
            raise ValueError("the event is larger than the hub takes")
        await super().publish(partition, events)


async def test_an_answer_that_the_hub_refuses_becomes_a_dead_letter_and_a_redrive_publishes_it() -> None:
    bench = Bench(hub=PickyHub())
    some = messages(order_created("o-0"), order_created("o-1"), order_created("o-2"))
    await bench.engine().process("0", some)

    assert subjects(bench) == {"o-0", "o-2"}
    [letter] = bench.dead.letters
    assert (letter.reason, letter.saga_id) == ("answer_not_published", "o-1")
    assert bench.records.records["o-1"].state == Parcel(1, "ada")

    bench.hub = MemoryHub()
    await bench.engine(look_first=True).redeliver("0", letter.message)
    assert [event["type"] for event in bench.hub.said] == ["OrderCompleted.v1"]


class PickyDeadLetters(MemoryDeadLetters):
    """A store that takes no dead letter with a property, and none with a body over a limit."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        if any("evil" in letter.message.properties or len(letter.message.body) > self.most for letter in letters):
            raise ValueError("413")
        await super().put(letters)


@pytest.mark.parametrize(("most", "is_kept"), [(1000, True), (5, False)])
async def test_a_dead_letter_that_does_not_fit_is_stored_in_a_smaller_form(most: int, is_kept: bool) -> None:
    dead = PickyDeadLetters(most)
    bench = Bench(dead=dead)
    evil = Message(b"not json at all", None, {"evil": math.nan}, 0, "0")
    await bench.engine().process("0", [evil, *messages(b"bad", order_created("o-1"), start=1)])

    kept = dead.stored[evil.letter_id("0")].letter
    assert kept.reason == "not_json"
    assert kept.message.body == (evil.body if is_kept else b"")
    assert set(kept.message.properties) == {"properties-bytes", "properties-sha256"} | (
        set() if is_kept else {"body-bytes", "body-sha256"}
    )
    assert len(dead.stored) == 2
    assert subjects(bench) == {"o-1"}


async def test_a_bug_of_the_runtime_costs_one_message_and_not_the_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = SagaUpdate.admit

    def admit(run: Any, item: Any) -> bool:  # noqa: ANN401 -- as the runtime's own
        if item.saga_id == "o-1":
            raise RecursionError("a bug that is planted here")
        return honest(run, item)

    monkeypatch.setattr(SagaUpdate, "admit", admit)
    bench = Bench()
    await bench.engine().process("0", messages(*(order_created(f"o-{n}") for n in range(4))))

    assert [(letter.reason, letter.saga_id) for letter in bench.dead.letters] == [("runtime_failed", "o-1")]
    assert subjects(bench) == {"o-0", "o-2", "o-3"}


async def test_a_message_that_breaks_the_reading_becomes_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(body: bytes, *args: Any) -> Any:  # noqa: ANN401 -- as the original
        if body == b"bomb":
            raise RecursionError("too deep")
        return read_envelope(body, *args)

    monkeypatch.setattr("quartet.engine.received.read_envelope", read)
    bench = Bench()
    await bench.engine().process("0", messages(b"bomb", order_created("o-1")))
    assert [letter.reason for letter in bench.dead.letters] == ["reading_failed"]
    assert subjects(bench) == {"o-1"}


async def test_a_conflict_that_never_ends_is_a_permanent_error() -> None:
    """A create that always fails because of a document that can never be read: after some rounds the order waits."""
    bench = Bench(records=NeverThere())
    await bench.engine().process("0", messages(order_created("o-1"), order_created("o-2")))
    assert [(letter.reason, letter.saga_id) for letter in bench.dead.letters] == [("state_not_stored", "o-1")]
    assert subjects(bench) == {"o-2"}


class NeverThere(MemoryRecords):
    """Says of one order that another writer was first, and then that there is nothing."""

    async def commit(self, records: Sequence[Record[Parcel]]) -> dict[str, str]:
        return await super().commit([record for record in records if record.saga_id != "o-1"])


async def test_a_refused_credential_makes_no_dead_letter_and_the_service_continues_when_it_is_fixed() -> None:
    bench = Bench()
    bench.desk.failures = [ConfigurationError("the gateway refuses the key: set GATEWAY_KEY"), HttpError(401)]
    engine = bench.engine()
    seen: list[list[str]] = []
    bench.while_asleep = lambda: seen.append(engine.needs_a_person)
    await engine.process("0", messages(order_created("o-1")))

    assert len(seen) == 2
    assert seen[0] == ["run open_parcel: ConfigurationError: the gateway refuses the key: set GATEWAY_KEY"]
    assert engine.needs_a_person == []
    assert bench.dead.letters == []
    assert subjects(bench) == {"o-1"}


async def test_a_log_that_fails_costs_a_line_and_nothing_else() -> None:
    bench = Bench()
    log: Any = BrokenLog()
    engine = bench.engine(log=log)
    await engine.process("0", messages(b"bad", order_created("o-1")))
    assert subjects(bench) == {"o-1"}
    assert len(bench.dead.letters) == 1
    assert engine.stats["log_lines_lost"] > 0


class BrokenLog:
    """A log whose stream takes nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        def broken(*_args: object, **_fields: object) -> None:
            raise UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range(128)")

        return broken
