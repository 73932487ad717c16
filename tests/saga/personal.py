"""The samples as other people would place them: each personal value has a word that stands nowhere else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from quartet.engine.records.record import Json
from quartet.events import new_event, to_json
from services.operations.samples import samples_directory
from shared.events import OrderCreated
from tests.saga.shop import cancellation, order

MARK: Final = "zqxperson"
"""Part of every personal value. No other text has it."""

TOKENS: Final = ("tok_visa", "tok_declined", "tok_flaky", "tok_refund_fails")
"""The payment tokens of the samples. The simulated gateway knows them, so they cannot be marked."""

ADDRESS: Final = ("recipient", "street", "city", "postal_code")


def marked(data: Json) -> Json:
    """The data of an order whose personal values are marked."""
    address = data["shipping_address"]
    named = {name: f"{MARK} {name}"[:20] for name in ADDRESS}
    return {**data, "customer_id": f"{MARK} customer", "shipping_address": {**address, **named}}


def samples(*names: str) -> list[Json]:
    """The orders in these files, marked."""
    lines = [line for name in names for line in (samples_directory() / name).read_text(encoding="utf-8").splitlines()]
    entries = [json.loads(line) for line in lines]
    return [marked(entry.get("data", entry)) for entry in entries]


def one(order_id: str, product: str, **changes: object) -> Json:
    """The data of an order of one piece, marked."""
    return marked(order(order_id, {product: 1}, **changes).data.model_dump(mode="json"))


def event_of(data: Json) -> Json:
    """A valid order as an event."""
    return to_json(new_event(OrderCreated.model_validate(data), source="/tests", time=datetime.now(UTC)))


def wrapped(order_id: str, data: object, **attributes: object) -> Json:
    """An event with this data, whatever it is."""
    envelope = to_json(cancellation(order_id))
    return {**envelope, "id": f"wrapped-{order_id}", "type": "OrderCreated.v1", "data": data, **attributes}


def unreadable(product: str) -> list[Json]:
    """Data with personal values that no service can read: each rule of each field is broken."""
    return [data for data in _attempts(one("bad", product)) if not _is_valid(data)]


def _attempts(good: Json) -> Iterator[Json]:
    wrong: list[Any] = [f"{MARK} " * 100, [MARK], {"text": MARK}, f"{MARK}\udc80", "", f"{MARK}\n"]
    for name in (*ADDRESS, "country"):
        for value in wrong:
            yield {**good, "shipping_address": {**good["shipping_address"], name: value}}
    for name in ("customer_id", "payment_method", "currency", "shipping_address", "items", "complete_by"):
        for value in wrong:
            yield {**good, name: value}
    yield {**good, "items": [{"product_id": MARK, "quantity": MARK, "unit_price": MARK}]}
    yield {**good, "shipping_address": {"recipient": MARK}}


def _is_valid(data: Json) -> bool:
    try:
        OrderCreated.model_validate(data)
    except ValidationError:
        return False
    return True


def bodies() -> Iterator[bytes]:
    """Messages with personal data that are no events."""
    yield MARK.encode()
    yield json.dumps(MARK).encode()
    yield json.dumps([{"recipient": MARK}]).encode()
    yield json.dumps({"recipient": MARK}).encode()
    yield b'{"specversion": "1.0", "data": {"recipient": "' + MARK.encode() + b"\xff"
    yield json.dumps({"specversion": "1.0", "type": "OrderCreated.v1", "data": MARK}).encode()
