from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from quartet.cli.reading.hub_reader import Found
from quartet.cli.timeline.timeline import Said, concerns, tell
from quartet.cli.timeline.view import timeline_json, timeline_listing
from quartet.engine.ports import Message
from quartet.events import CONTENT_TYPE, Event, answer, encode, new_event, service_source, to_json
from services.shop import SHOP
from shared.events import InventoryReservationFailed, OrderCancelled, OrderCreated

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def placed() -> Event[OrderCreated]:
    data = OrderCreated.model_validate(
        {
            "order_id": "ord-1",
            "customer_id": "clara",
            "currency": "EUR",
            "items": [{"product_id": "viola", "quantity": 2, "unit_price": "8.90"}],
            "payment_method": "tok_visa",
            "shipping_address": {
                "recipient": "Clara Vogler",
                "street": "Lindenweg 14",
                "city": "Leipzig",
                "postal_code": "04107",
                "country": "DE",
            },
        }
    )
    return new_event(data, source="/quartet/cli", time=NOON, id="created")


def refused(cause: Event[Any]) -> Event[InventoryReservationFailed]:
    data = InventoryReservationFailed(order_id="ord-1", reason="out_of_stock")
    return answer(cause, data, source=service_source("inventory"), time=NOON)


def cancelled(cause: Event[Any]) -> Event[OrderCancelled]:
    data = OrderCancelled(order_id="ord-1", reason="out_of_stock")
    return answer(cause, data, source=service_source("order"), time=NOON)


def found(event: Event[Any], milliseconds: int, **overrides: object) -> Found:
    body = encode(to_json(event) | overrides)
    message = Message(body, CONTENT_TYPE, {}, sequence_number=milliseconds, offset=str(milliseconds))
    return Found("0", NOON + timedelta(milliseconds=milliseconds), message)


def saga() -> list[Found]:
    first = placed()
    second = refused(first)
    return [found(first, 5), found(second, 35), found(cancelled(second), 66)]


def rendered(story: list[Said]) -> str:
    console = Console(width=160, no_color=True)
    with console.capture() as capture:
        console.print(timeline_listing(story, "Order ord-1"))
    return capture.get()


def test_a_story_names_what_who_when_and_because_of_what() -> None:
    assert [(said.milliseconds, said.type, said.source, said.cause) for said in tell(saga(), SHOP.hubs())] == [
        (0, "OrderCreated.v1", "/quartet/cli", None),
        (30, "InventoryReservationFailed.v1", "/services/inventory", 1),
        (61, "OrderCancelled.v1", "/services/order", 2),
    ]


def test_the_end_of_a_saga_stands_out() -> None:
    console = Console(width=160, force_terminal=True, color_system="standard")
    with console.capture() as capture:
        console.print(timeline_listing(tell(saga(), SHOP.hubs()), "Order ord-1", {"OrderCancelled.v1"}))
    assert "\x1b[1mOrderCancelled.v1" in capture.get()
    assert "\x1b[31mInventoryReservationFailed.v1" in capture.get()


def test_an_event_that_was_said_before_is_marked() -> None:
    *events, last = saga()
    story = tell([*events, found(placed(), 40), last], SHOP.hubs())
    assert [said.repeats for said in story] == [None, None, 1, None]
    assert story[3].cause == 2


def test_a_cause_that_the_hub_no_longer_has_is_left_out() -> None:
    story = tell(saga()[1:], SHOP.hubs())
    assert story[0].cause is None
    assert story[0].causation_id == "created"


def test_an_unreadable_event_says_why() -> None:
    broken = found(placed(), 5, data={"order_id": "ord-1"})
    (said,) = tell([broken], SHOP.hubs())
    assert said.remark.startswith("cannot be read: customer_id: is missing")
    assert not said.is_read


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"ord-1", True),
        (b'{"order": "ord-1", "specversion"', True),
        (b"ord-11", False),
        (b"word-1", False),
        (b"ord-1_x", False),
        (encode(to_json(placed()) | {"source": ""}), True),
        (encode(to_json(placed()) | {"subject": "ord-2"}), False),
        (encode(to_json(placed())).replace(b"ord-1", b"\\u006frd-1"), True),
    ],
)
def test_a_message_concerns_an_order_by_its_subject_or_if_it_is_not_an_event_by_naming_it(
    body: bytes, expected: bool
) -> None:
    assert concerns(Message(body, CONTENT_TYPE, {}, 0, "0"), "ord-1") is expected


def test_an_unreadable_message_is_shown_in_its_place() -> None:
    noise = Found("0", NOON + timedelta(milliseconds=20), Message(b"ord-1", None, {}, 0, "0"))
    first, *others = saga()
    story = tell([first, noise, *others], SHOP.hubs())
    assert [said.type for said in story if not said.is_read] == ["not an event"]
    assert [said.cause for said in story] == [None, None, 1, 3]
    assert "cannot be read: body: " in rendered(story)


def test_the_same_id_of_another_source_is_another_event() -> None:
    first, *_ = saga()
    story = tell([first, found(placed(), 40, source="/another/shop"), found(placed(), 50)], SHOP.hubs())
    assert [said.repeats for said in story] == [None, None, 1]


def test_people_see_a_row_per_event() -> None:
    text = rendered(tell(saga(), SHOP.hubs()))
    assert "2 x viola" in text
    assert "1 OrderCreated.v1" in text
    assert "out_of_stock" in text


def test_programs_see_every_field() -> None:
    second = timeline_json(tell(saga(), SHOP.hubs()))[1]
    assert second == {
        "number": 2,
        "at": "2026-03-01T12:00:00.035000Z",
        "milliseconds": 30,
        "type": "InventoryReservationFailed.v1",
        "source": "/services/inventory",
        "id": refused(placed()).id,
        "causation_id": "created",
        "cause": 1,
        "repeats": None,
        "remark": "out_of_stock",
        "hub": "",
        "partition": "0",
        "sequence_number": 35,
        "readable": True,
    }
