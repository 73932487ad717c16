"""The samples keep their promises before they are run."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from quartet.terminal.files import read_entries
from quartet.terminal.user_error import UserError
from services.operations.demo.expectations import compare, read_expectations
from services.operations.publish.catalogue import read_catalogue
from services.operations.publish.orders import read_events
from services.operations.publish.waiting import Outcome
from services.operations.samples import CATALOGUE, sample
from services.order.domain import OrderStatus
from services.payment.simulated_gateway import PAYS
from services.shipping.simulated_carrier import NOT_SERVED
from shared.events import quantities
from shared.events.data import OrderCreated
from shared.events.workloads import WORKLOADS

VALID = (
    "orders.jsonl",
    "one-at-a-time.jsonl",
    "timed-out.jsonl",
    "cancelled-early.jsonl",
    "cancelled-too-late.jsonl",
    "duplicate.jsonl",
)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPECTED = read_expectations(sample("expectations.json"))
STOCK = {product.product_id: product.quantity for product in read_catalogue(sample(CATALOGUE))}


def orders(name: str) -> dict[str, OrderCreated]:
    events = read_events(read_entries(sample(name)), NOW)
    return {one.saga_id: OrderCreated.model_validate(one.event["data"]) for one in events}


def all_orders() -> dict[str, OrderCreated]:
    return {order_id: order for name in VALID for order_id, order in orders(name).items()}


def test_every_order_has_an_expectation_and_every_expectation_an_order() -> None:
    assert set(all_orders()) == EXPECTED.order_ids


def test_the_shop_has_orders_enough() -> None:
    shop = orders("orders.jsonl")
    assert len(shop) >= 40
    assert len({order.currency for order in shop.values()}) >= 4
    assert sum(len(order.items) > 1 for order in shop.values()) > len(shop) / 2


def test_every_product_that_is_ordered_is_in_the_catalogue() -> None:
    ordered = {item.product_id for order in all_orders().values() for item in order.items}
    assert ordered <= set(STOCK)


def test_a_benchmark_orders_what_the_catalogue_has_at_its_price() -> None:
    offers = {(one.product_id, one.unit_price, one.currency) for one in read_catalogue(sample(CATALOGUE))}
    for workload in WORKLOADS.values():
        for order in workload.begins:
            assert isinstance(order, OrderCreated)
            assert {(item.product_id, item.unit_price, order.currency) for item in order.items} <= offers


def test_cards_of_a_benchmark_do_what_it_says() -> None:
    for name, workload in WORKLOADS.items():
        pay = {isinstance(order, OrderCreated) and order.payment_method in PAYS for order in workload.begins}
        assert pay == {name != "failing"}


def test_an_out_of_stock_order_does_not_depend_on_other_orders() -> None:
    """An order that must lack stock asks for more than there ever was; all others together leave some."""
    left = Counter(STOCK)
    for order_id, order in all_orders().items():
        if order_id in EXPECTED.orders and EXPECTED.orders[order_id].reason == "out_of_stock":
            assert any(count > STOCK[product] for product, count in quantities(order.items).items()), order_id
        elif order_id in EXPECTED.orders:
            left.subtract(quantities(order.items))
    assert min(left.values()) >= 0


def test_a_contest_is_for_exactly_what_there_is() -> None:
    shop = orders("orders.jsonl")
    for contest in EXPECTED.contests:
        wanted = Counter[str]()
        for order_id in contest.orders:
            wanted.update(quantities(shop[order_id].items))
        scarce = {product for product, count in wanted.items() if count > STOCK[product]}
        assert [STOCK[product] for product in scarce] == [contest.completed]
        assert contest.completed + contest.cancelled == len(contest.orders)


def test_cards_and_countries_do_what_the_stories_say() -> None:
    for order_id, expectation in EXPECTED.orders.items():
        order = all_orders()[order_id]
        assert (expectation.reason == "payment_declined") == (order.payment_method not in PAYS), order_id
        assert (expectation.reason == "address_not_served") == (order.shipping_address.country in NOT_SERVED), order_id


def test_the_invalid_order_is_refused_for_the_field_that_is_named() -> None:
    ((order_id, field),) = EXPECTED.unreadable.items()
    with pytest.raises(UserError, match=field):
        read_events(read_entries(sample("invalid.jsonl")), NOW)
    value: Any = read_entries(sample("invalid.jsonl"))[0].value
    assert value["order_id"] == order_id


def as_expected() -> dict[str, Outcome]:
    got = {order_id: expectation.outcome for order_id, expectation in EXPECTED.orders.items()}
    for contest in EXPECTED.contests:
        got |= dict(zip(contest.orders, contest.outcomes.elements(), strict=True))
    return got


def test_expected_outcomes_are_met() -> None:
    verdicts = compare(EXPECTED, as_expected())
    assert all(verdict.is_met for verdict in verdicts)
    assert sum(verdict.orders for verdict in verdicts) == len(EXPECTED.order_ids)


@pytest.mark.parametrize(
    "outcome", [Outcome(OrderStatus.COMPLETED, ""), Outcome(OrderStatus.CANCELLED, "out_of_stock"), None]
)
def test_other_or_missing_outcomes_are_not_met(outcome: Outcome | None) -> None:
    got = as_expected()
    declined = next(id_ for id_, one in EXPECTED.orders.items() if one.reason == "payment_declined")
    got.pop(declined)
    if outcome is not None:
        got[declined] = outcome
    assert [verdict.story for verdict in compare(EXPECTED, got) if not verdict.is_met] == ["the card is declined"]


def test_a_contest_with_too_many_winners_is_not_met() -> None:
    got = as_expected() | dict.fromkeys(EXPECTED.contests[0].orders, Outcome(OrderStatus.COMPLETED, ""))
    assert [verdict.story for verdict in compare(EXPECTED, got) if not verdict.is_met] == [EXPECTED.contests[0].story]
