"""Answers and dead letters that are refused: what is stored instead, and that the rest continues."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.record import Json
from quartet.events import encode, to_json
from tests.runtime.fakes import Bench, MemoryDeadLetters, MemoryHub, messages, order_created, reserved, shipping_failed
from tests.runtime.whole import PARTITION, letter

CREATED, FAILED = order_created("o-1"), shipping_failed("o-1")


class ChoosyHub(MemoryHub):
    """Takes no send with an event of a type that it refuses, and says which."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = refused

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        if bad := [event["type"] for event in events if event["type"] in self.refused]:
            raise ValueError(f"{bad[0]} is too large")
        await super().publish(partition, events)


async def test_an_answer_that_is_not_published_leaves_a_dead_letter_of_its_cause_that_blocks_nothing() -> None:
    bench = Bench(hub=ChoosyHub("OrderCompleted.v1"))
    some = messages(CREATED, reserved("o-1"), order_created("o-2"))
    await bench.engine().process(PARTITION, some)
    problem = "ValueError: OrderCompleted.v1 is too large"
    assert bench.dead.letters == [
        letter(CREATED, some[0], "answer_not_published", problem),
        letter(order_created("o-2"), some[2], "answer_not_published", problem),
    ]
    assert not bench.records.records["o-1"].is_blocked


async def test_the_dead_letter_of_an_open_compensation_also_says_that_its_answer_was_not_published() -> None:
    bench = Bench(hub=ChoosyHub("CompensationFailed.v1"))
    bench.desk.is_shut = True
    [message] = messages(FAILED)
    await bench.engine().process(PARTITION, [message])
    problem = "ValueError: CompensationFailed.v1 is too large"
    # The second time that the letter is kept.
    detail = f"the desk is shut; and an answer was not published: {problem}"
    assert bench.dead.letters == [letter(FAILED, message, "compensation_failed", detail, attempts=2)]


async def test_only_answers_that_are_not_published_leave_a_dead_letter() -> None:
    bench = Bench(hub=ChoosyHub("InventoryReleased.v1"))
    bench.desk.is_shut = True
    [message] = messages(FAILED)
    await bench.engine().process(PARTITION, [message])
    bench.desk.is_shut = False
    await bench.engine(look_first=True).redeliver(PARTITION, message)
    assert [event["type"] for event in bench.hub.said] == ["CompensationFailed.v1"] * 2
    assert [one.reason for one in bench.dead.letters] == ["answer_not_published"]


class ChoosyDeadLetters(MemoryDeadLetters):
    """Takes no put with a letter that it refuses."""

    def __init__(self, refuses: Callable[[DeadLetter], bool]) -> None:
        super().__init__()
        self.refuses = refuses

    async def put(self, letters: Sequence[DeadLetter]) -> None:
        if any(self.refuses(one) for one in letters):
            raise ValueError("413: too large")
        await super().put(letters)


def unread() -> list[Message]:
    """Three bodies that are no events, and a property that may be too much."""
    return [replace(message, properties={"trace": "x"}) for message in messages(b"one", b"two", b"three")]


async def test_a_dead_letter_that_does_not_fit_drops_its_properties_and_then_its_body() -> None:
    some = unread()
    whole = Bench()
    await whole.engine().process(PARTITION, some)
    one, two, three = whole.dead.letters

    def refuses(candidate: DeadLetter) -> bool:
        number, message = candidate.message.sequence_number, candidate.message
        return number > 0 and ("trace" in message.properties or (number == 2 and message.body != b""))

    bench = Bench(dead=ChoosyDeadLetters(refuses))
    batch = await bench.engine().process(PARTITION, some)
    assert bench.dead.letters == [one, two.reduced(keep_body=True), three.reduced(keep_body=False)]
    assert batch.became == [one, two, three]


async def test_a_dead_letter_that_cannot_be_stored_stalls_the_partition_until_it_can() -> None:
    refusing = [True]
    bench = Bench(dead=ChoosyDeadLetters(lambda _: refusing[0]))

    def stop() -> None:
        refusing[0] = len(bench.slept) < 3

    bench.while_asleep = stop
    some = messages(encode({**to_json(CREATED), "type": "OrderEaten.v1"}), order_created("o-2"))
    batch = await bench.engine().process(PARTITION, some)
    assert len(bench.slept) == 3
    assert bench.slept == sorted(bench.slept), "with growing pauses"
    assert [one.reason for one in bench.dead.letters] == ["unknown_type"]
    assert {event["subject"] for event in bench.hub.said} == {"o-2"}
    assert batch.first_unfinished is None
