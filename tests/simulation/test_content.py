"""Whatever is ordered and whatever else comes: orders made from the models, and messages made of anything."""

import json
from collections.abc import Mapping
from typing import Any, cast

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from quartet.testing.cluster.plan.publication import CLOUDEVENTS
from shared.events import COUNTRIES, OrderCreated
from tests.simulation.content import Json, structured
from tests.simulation.plan import Plan, event_of, publication
from tests.simulation.publication import Publication
from tests.simulation.run import run_plan
from tests.simulation.saga import DECIMALS, SERVICES

_PRODUCTS = ("lamp", "Lamp", "griffin", "rope.hemp:100m", "a" * 64)
_TEXT = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=30).filter(str.strip)


def prices(currency: str) -> SearchStrategy[str]:
    """What something may cost in a currency, with as many decimals as it has, or fewer."""
    return st.integers(0, DECIMALS[currency]).flatmap(
        lambda places: st.decimals(0, 10_000, places=places, allow_nan=False).map(lambda price: f"{price:f}")
    )


@st.composite
def orders(draw: st.DrawFn, order_id: str) -> Json:
    """A valid order: every field drawn from all that its model allows."""
    currency = draw(st.sampled_from(sorted(DECIMALS)))
    lines = st.fixed_dictionaries(
        {
            "product_id": st.sampled_from(_PRODUCTS),
            "quantity": st.integers(1, 5),
            "unit_price": prices(currency),
        }
    )
    data: Json = {
        "order_id": order_id,
        "customer_id": draw(_TEXT),
        "currency": currency,
        "items": draw(st.lists(lines, min_size=1, max_size=6)),
        "payment_method": draw(st.sampled_from(("tok_visa", "tok_declined", "tok_flaky", "tok_unheard_of"))),
        "shipping_address": {
            "recipient": draw(_TEXT),
            "street": draw(_TEXT),
            "city": draw(_TEXT),
            "postal_code": draw(st.just("") | _TEXT.filter(lambda text: len(text) <= 20)),
            "country": draw(st.sampled_from(sorted(COUNTRIES))),
        },
    }
    OrderCreated.model_validate(data)
    return data


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=20) | st.text(max_size=20)
_PROPERTIES = st.dictionaries(st.text(max_size=20) | st.binary(max_size=20), _VALUES | st.lists(_VALUES), max_size=3)
_NEAR_MISSES = st.recursive(
    _VALUES.filter(lambda value: not isinstance(value, bytes)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@st.composite
def garbage(draw: st.DrawFn) -> Publication:
    """A message that is no event: no envelope can come about by chance."""
    return Publication(
        at=5.0 + draw(st.floats(0, 1)),
        what="garbage",
        saga_id="none",
        key=draw(st.sampled_from("12")),
        body=draw(st.binary(max_size=60) | _NEAR_MISSES),
        content_type=draw(st.sampled_from((CLOUDEVENTS, "application/json", None)) | st.text(max_size=20)),
        properties=cast(Mapping[str, Any], draw(_PROPERTIES)),
        kept_by=frozenset(SERVICES),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A few orders, with a few messages that are no events between them."""
    placed = [
        publication(
            5.0 + draw(st.floats(0, 1)),
            "order",
            draw(st.sampled_from("12")),
            event_of("OrderCreated.v1", draw(orders(f"o-{n}")), "/shop", str(n)),
            structured,
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    return Plan(
        seed=draw(st.integers(0, 9)),
        publications=(*placed, *draw(st.lists(garbage(), max_size=6))),
        stock=dict.fromkeys(_PRODUCTS, 9) | {"griffin": 0},
        replicas=1,
        partitions=draw(st.integers(1, 2)),
        until=7.0,
        deadline=20.0,
    )


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # a run is too long to be cut down step by step
)
@given(plans())
def test_every_valid_order_ends_and_every_other_message_is_kept(plan: Plan) -> None:
    result = run_plan(plan)
    assert result.broken == []
    assert sum(result.statuses.values()) == len({one.order_id for one in plan.publications if one.what == "order"})
