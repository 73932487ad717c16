"""Each event has one line in the log, with all that is needed to follow its saga through four logs."""

from typing import Any

from quartet.engine.ports import DeadLetter
from quartet.events import encode, to_json
from tests.runtime.fakes import Bench, messages, order_created, reserved, shipping_failed
from tests.runtime.whole import PARTITION, Told


def line(order_id: str | None, event_id: str | None, place: int, outcome: str, **others: object) -> dict[str, Any]:
    known = {"saga": order_id, "id": event_id, "sequence": place}
    return {**known, "partition": PARTITION, "outcome": outcome, **others}


def read(order_id: str, event_id: str, place: int, outcome: str, **others: object) -> dict[str, Any]:
    return line(order_id, event_id, place, outcome, correlation=order_id, cause=None, **others)


async def test_each_event_has_a_line_with_its_outcome_its_answers_and_its_place() -> None:
    bench, told = Bench(), Told()
    bench.desk.failures = [ZeroDivisionError("a spoon in the gears")]
    unknown = encode({**to_json(reserved("o-3", "x")), "type": "OrderEaten.v1"})
    some = messages(order_created("o-1"), shipping_failed("o-2"), unknown, b"not json", start=7)
    batch = await bench.engine(log=told.log).process(PARTITION, some)

    lines = [(level, text, fields) for level, text, fields in told.lines if "outcome" in fields]
    assert all(fields.pop("ms") >= 0 for _, _, fields in lines[:2])
    bug = "handler_failed: ZeroDivisionError: a spoon in the gears"
    problems = [fields.pop("detail") for _, _, fields in lines[2:]]
    assert lines == [
        ("error", "OrderCreated.v1", read("o-1", "created-o-1", 7, "dead letter", detail=bug)),
        ("info", "ShippingFailed.v1", read("o-2", "failed-o-2", 8, "given back", said="InventoryReleased.v1")),
        ("error", "unreadable event", line(None, None, 10, "dead letter")),
        ("error", "OrderEaten.v1", line("o-3", "x", 9, "dead letter")),
    ]
    letters = [one for one in batch.became if isinstance(one, DeadLetter)]
    assert problems == [f"{one.reason}: {one.detail}" for one in letters]
