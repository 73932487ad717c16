"""Events from their models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.events import EventData
from quartet.testing.strategies import draw, events_of
from shared.events import REGISTRY, OrderCreated


@pytest.mark.parametrize("model", REGISTRY.models, ids=lambda model: model.__name__)
def test_every_event_of_the_shop_can_be_drawn(model: type[EventData]) -> None:
    drawn = [draw(events_of(model), number) for number in range(5)]
    assert all(type(event) is model for event in drawn)
    assert len({event.fingerprint() for event in drawn}) > 1


@given(events_of(OrderCreated, order_id=st.just("o-1"), currency=st.just("JPY")))
def test_fields_can_be_given(order: OrderCreated) -> None:
    assert (order.order_id, order.currency) == ("o-1", "JPY")
    assert OrderCreated.model_validate(order.to_json()) == order


def test_a_number_draws_the_same_again() -> None:
    assert draw(events_of(OrderCreated), 3) == draw(events_of(OrderCreated), 3)
