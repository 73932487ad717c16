"""Which orders are read before an event is handled, and which records a process remembers."""

from datetime import timedelta

from quartet.engine.dead_letters.store import DISCARDED, Settled
from quartet.events import encode, to_json
from tests.runtime.fakes import NOON, Bench, MemoryDeadLetters, Parcel, messages, order_created, reserved
from tests.runtime.whole import PARTITION, letter, record


async def discarded(dead: MemoryDeadLetters, order_id: str) -> None:
    """A letter of the order that an operator has discarded."""
    event = reserved(order_id, f"discarded-{order_id}")
    [message] = messages(event, start=len(dead.stored))
    one = letter(event, message, "handler_failed", "a bug")
    await dead.put([one])
    await dead.settle(dead.stored[one.id], Settled(NOON, DISCARDED))


class Counting(MemoryDeadLetters):
    """Counts the reads of discarded dead letters; fails a given number of times."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0
        self.failures = 0

    async def discarded_sagas(self) -> set[str]:
        self.questions += 1
        if self.failures:
            self.failures -= 1
            raise ZeroDivisionError("a spoon in the gears")
        return await super().discarded_sagas()


async def test_only_orders_with_discarded_dead_letters_are_read_before_they_are_opened() -> None:
    bench = Bench()
    await discarded(bench.dead, "o-1")
    engine = bench.engine()
    await engine.prepare()
    await engine.process(PARTITION, messages(order_created("o-1"), order_created("o-2")))
    assert bench.records.loads == [{"o-1"}]


async def test_partitions_that_are_opened_within_five_seconds_share_a_question() -> None:
    now = [NOON]
    bench = Bench(dead=(dead := Counting()))
    engine = bench.engine(now=lambda: now[0])
    asked = []
    for seconds in (0, 1, 4.9, 5, 9.9, 10):
        now[0] = NOON + timedelta(seconds=seconds)
        await engine.prepare()
        asked.append(dead.questions)
    assert asked == [1, 1, 1, 2, 2, 3]


async def test_the_newest_answer_counts() -> None:
    now = [NOON]
    bench = Bench()
    engine = bench.engine(now=lambda: now[0])
    await engine.prepare()
    await discarded(bench.dead, "o-1")
    now[0] += timedelta(seconds=5)
    await engine.prepare()
    await engine.process(PARTITION, messages(order_created("o-1")))
    assert bench.records.loads == [{"o-1"}]


async def test_once_the_question_has_failed_every_order_is_read_for_as_long_as_the_process_runs() -> None:
    now = [NOON]
    bench = Bench(dead=(dead := Counting()))
    dead.failures = 1
    engine = bench.engine(now=lambda: now[0])
    await engine.prepare()
    now[0] += timedelta(seconds=5)
    await engine.prepare()
    await engine.process(PARTITION, messages(order_created("o-1")))
    assert (dead.questions, bench.records.loads) == (2, [{"o-1"}])


async def test_an_engine_that_looks_first_loads_every_record() -> None:
    bench = Bench()
    engine = bench.engine(look_first=True)
    await engine.prepare()
    await engine.process(PARTITION, messages(order_created("o-1")))
    assert bench.records.loads == [{"o-1"}]


async def test_an_order_with_an_event_that_cannot_be_read_is_read_before_it_is_opened() -> None:
    """If the order is known, it has to wait for that event."""
    bench = Bench()
    unreadable = encode({**to_json(reserved("o-1")), "type": "OrderEaten.v1"})
    some = messages(order_created("o-1"), unreadable, order_created("o-2"), reserved("o-2"))
    await bench.engine().process(PARTITION, some)
    assert bench.records.loads == [{"o-1"}]


async def test_after_losing_to_the_same_event_the_order_is_read_again() -> None:
    bench = Bench()
    bench.records.put(record("o-1", Parcel(1, "ada")))
    engine, other = bench.engine(), bench.engine()
    await engine.process(PARTITION, messages(reserved("o-1", "a")))
    await other.process(PARTITION, messages(reserved("o-1", "b"), start=1))
    await engine.process(PARTITION, messages(reserved("o-1", "b"), start=1))
    await engine.process(PARTITION, messages(reserved("o-1", "c"), start=2))
    assert bench.records.records["o-1"].state == Parcel(4, "ada")
    assert engine.stats["conflicts"] == 1, "the second of them already builds on what was read"


async def test_an_order_with_dead_letters_is_read_every_time_and_others_are_remembered() -> None:
    bench = Bench()
    bench.records.put(record("o-1", Parcel(1, "ada"), parked=("l-1",)))
    bench.records.put(record("o-2", Parcel(1, "ada"), owed=("l-2",)))
    bench.records.put(record("o-3", Parcel(1, "ada"), discarded=("l-3",)))
    engine = bench.engine()
    for turn in range(2):
        some = messages(*(reserved(f"o-{n}", f"{turn}") for n in (1, 2, 3)), start=3 * turn)
        await engine.process(PARTITION, some)
    assert bench.records.loads == [{"o-1", "o-2", "o-3"}, {"o-1", "o-2"}]
