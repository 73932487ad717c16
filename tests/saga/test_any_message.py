"""Whatever is sent between orders, every order completes, and every other message is accounted for, in every service.

Short and always the same in `make test`; `make fuzz` sends many more, other ones each time.
"""

import os
from collections import Counter
from collections.abc import Collection
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.types import Symbol

from quartet.engine.records.record import Json
from quartet.events import CONTENT_TYPE, to_json
from quartet.events import encode as encode_event
from tests.runtime.amqp import data, message, scalars, sequence, value, values
from tests.saga.shop import Shop, order
from tests.saga.test_strange_messages import DATABASES, of_an_order, send

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
PARTITION = "0"
_NUMBERS = count()

_bodies = st.one_of(
    st.lists(st.binary(max_size=200), min_size=1, max_size=3).map(lambda sections: message(*data(*sections))),
    values.map(lambda of: message(value(of))),
    st.lists(st.lists(values, max_size=3), min_size=1, max_size=3).map(lambda lists: message(*sequence(*lists))),
    st.builds(
        lambda body, properties, content_type: message(
            *data(body), properties=encode(properties), content_type=encode(content_type)
        ),
        st.binary(min_size=1, max_size=60),
        st.dictionaries(scalars, values, max_size=5),
        st.one_of(st.none(), st.just(Symbol(CONTENT_TYPE)), st.text(max_size=30), values),
    ),
    st.integers(60_000, 900_000).map(lambda size: message(*data(b"x" * size))),
)
"""A message that is no event: a body of any kind, properties of any type, up to nearly a megabyte."""


def near_miss(order_id: str, change: dict[str, object]) -> bytes:
    """An order with an envelope of an unknown event, or an unknown order."""
    return message(*data(encode_event({**to_json(order(order_id, {"grater": 1})), **change})))


_near_misses = st.builds(
    near_miss,
    st.just("never-1"),
    st.sampled_from(
        [
            {"specversion": "0.3"},
            {"type": "OrderEaten.v1"},
            {"subject": "gid://1"},
            {"id": ""},
            {"time": 7},
            {"source": None},
        ]
    ),
)


async def counted(shop: Shop, database: str) -> Counter[str]:
    """How many dead letters there are from the partition, by the id of each."""
    rows = shop.container(database, "dead-letters").query_items(
        'SELECT c.id FROM c WHERE c["partition"] = @partition', parameters=[{"name": "@partition", "value": PARTITION}]
    )
    return Counter([row["id"] async for row in rows])


def is_new(before: Collection[str], row: Json) -> bool:
    """Whether a dead letter is from the partition, and not one of those."""
    return row.get("partition") == PARTITION and row["id"] not in before


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=EXAMPLES or 15,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # to cut a failure down would wait for orders that never complete, each time
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(strange=st.lists(_bodies | _near_misses, min_size=1, max_size=12))
async def test_orders_complete_between_any_messages_and_the_counts_add_up(shop: Shop, strange: list[bytes]) -> None:
    run = next(_NUMBERS)
    if run == 0:
        await shop.stock(grater=1_000_000)
    before = {database: await counted(shop, database) for database in DATABASES}
    # One send each: together they may be more than a send can hold.
    for one in (of_an_order(f"any-{run}-a", "grater"), *strange, of_an_order(f"any-{run}-b", "grater")):
        await send(shop, PARTITION, one)
    await shop.until(f"any-{run}-a", "COMPLETED")
    await shop.until(f"any-{run}-b", "COMPLETED")

    for database in DATABASES:
        await shop.until_letters(database, partial(is_new, before[database]), len(strange))
        new = await counted(shop, database) - before[database]
        assert new.total() == len(strange), (database, new)
