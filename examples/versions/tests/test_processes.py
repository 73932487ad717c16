"""All three versions in real processes: what `quartet --app examples.versions.app:PRESS up` runs."""

import json
from datetime import UTC, datetime

from examples.versions.tests.orders import SAME
from quartet import new_event
from quartet.events import to_json
from quartet.testing import Running

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_orders_of_every_version_end_and_the_books_agree(running: Running) -> None:
    app = running("examples.versions.app:PRESS")
    orders = [order.in_saga(f"print-{number}") for number, order in enumerate(SAME, 1)]
    events = [to_json(new_event(order, source="/shop-window", time=NOON)) for order in orders]
    lines = "\n".join(map(json.dumps, events))
    ended = json.loads(app.quartet("publish", "-", "--wait", "--json", given=lines))
    assert ended == {order.order_id: "OrderPrinted.v2" for order in orders}
    assert json.loads(app.quartet("audit", "--json"))["holds"]
