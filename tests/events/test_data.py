"""What an event may say, and how a wrong one is answered."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from quartet.events import MINOR_UNITS, EventData, explain
from shared.events import COUNTRIES, OrderCreated, PaymentFailed, ShippingFailed
from tests.events.samples import ORDER, SAMPLES, changed, orders, without


def problem_with(data: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        OrderCreated.model_validate(data)
    return explain(caught.value)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (without("customer_id"), "customer_id: is missing"),
        (without("shipping_address.city"), "shipping_address.city: is missing"),
        (changed("order_id", "moby dick"), "order_id: must be 1 to 64 of A-Z, a-z, 0-9, _ and -"),
        (changed("order_id", "a" * 65), "order_id: must be 1 to 64 of A-Z, a-z, 0-9, _ and -"),
        (changed("order_id", "ahab\n"), "order_id: must be 1 to 64 of A-Z, a-z, 0-9, _ and -"),
        (changed("order_id", 1851), "order_id: must be a string"),
        (changed("customer_id", "  "), "customer_id: must not be blank"),
        (changed("customer_id", "a" * 201), "customer_id: must have at most 200 characters"),
        (changed("currency", "usd"), "currency: must be an ISO 4217 currency code such as EUR"),
        (changed("currency", "XAU"), "currency: must be an ISO 4217 currency code such as EUR"),
        (changed("items", []), "items: must have 1 or more entries"),
        (changed("items", ORDER["items"][:1] * 51), "items: must have 50 entries at most"),
        (changed("items", "harpoon"), "items: must be a list"),
        (changed("items", ["harpoon"]), "items.0: must be a JSON object"),
        (changed("items.0.quantity", 0), "items.0.quantity: must be at least 1"),
        (changed("items.1.quantity", 1_000_001), "items.1.quantity: must be at most 1000000"),
        (changed("items.0.quantity", "12"), "items.0.quantity: must be a whole number"),
        (changed("items.0.quantity", 2.5), "items.0.quantity: must be a whole number"),
        (changed("items.0.quantity", True), "items.0.quantity: must be a whole number"),
        (changed("items.0.quantity", float("inf")), "items.0.quantity: must be a whole number"),
        (changed("items.0.quantity", 1e300), "items.0.quantity: must be at most 1000000"),
        (changed("customer_id", "Ada \ud83d"), "customer_id: must not contain half of a surrogate pair"),
        (changed("customer_id", " \u3000\x85\ufeff\x1c"), "customer_id: must not be blank"),
        (changed("items.0.unit_price", "19.901"), "items.0.unit_price: must have at most 2 decimals, being in USD"),
        (changed("items.0.unit_price", "1" + "0" * 12), "items.0.unit_price: must be less than 1000000000000"),
        (changed("shipping_address", None), "shipping_address: must be a JSON object"),
        (changed("shipping_address.street", ""), "shipping_address.street: must not be empty"),
        (
            changed("shipping_address.country", "UK"),
            "shipping_address.country: must be an ISO 3166-1 alpha-2 country code such as DE",
        ),
        (changed("payment_method", "tok visa"), "payment_method: must match ^[!-~]{1,128}$"),
        (
            changed("complete_by", "2026-03-01T13:00:00"),
            "complete_by: must be an RFC 3339 time with an offset, such as",
        ),
        (changed("complete_by", 1772366400), "complete_by: must be an RFC 3339 time with an offset, such as"),
    ],
)
def test_a_wrong_field_is_named(data: dict[str, Any], problem: str) -> None:
    assert problem_with(data).startswith(problem)
    assert "\n" not in problem_with(data)


@pytest.mark.parametrize(
    "price",
    [
        19.9,
        19,
        True,
        None,
        "",
        "-1",
        "+1",
        "1e3",
        "1_000",
        "1,5",
        " 1",
        "1\n",
        ".5",
        "5.",
        "01",
        "NaN",
        "Infinity",
        "٣",
    ],
)
def test_money_is_a_decimal_string_and_nothing_else(price: object) -> None:
    problem = problem_with(changed("items.0.unit_price", price))
    assert problem.startswith('items.0.unit_price: must be a decimal string that is not negative, such as "12.50"')


def test_several_problems_are_counted() -> None:
    data = changed("items.0.quantity", 0) | {"currency": "ducats"}
    assert problem_with(data) == "currency: must be an ISO 4217 currency code such as EUR (and 1 more)"


@pytest.mark.parametrize(
    ("currency", "written", "said"),
    [
        ("USD", "19.9", "19.90"),
        ("USD", "20", "20.00"),
        ("JPY", "1500", "1500"),
        ("KWD", "1.5", "1.500"),
        ("CLF", "0", "0.0000"),
    ],
)
def test_an_amount_is_said_with_as_many_decimals_as_its_currency_has(currency: str, written: str, said: str) -> None:
    items = [{"product_id": "harpoon", "quantity": 1, "unit_price": written}]
    order = OrderCreated.model_validate(ORDER | {"currency": currency, "items": items})
    assert order.to_json()["items"][0]["unit_price"] == said


def test_a_total_is_exact() -> None:
    items = [{"product_id": "nail", "quantity": 1_000_000, "unit_price": "999999999999.99"}] * 50
    order = OrderCreated.model_validate(ORDER | {"items": items})
    assert order.total == Decimal("49999999999999500000.00")


def test_unknown_fields_are_ignored() -> None:
    assert OrderCreated.model_validate(ORDER | {"gift_wrap": True}) == OrderCreated.model_validate(ORDER)


def test_a_reason_of_tomorrow_can_be_read_today() -> None:
    assert ShippingFailed.model_validate({"order_id": "o-1", "reason": "sea_monster"}).reason == "sea_monster"


def test_free_text_is_cut_and_not_refused() -> None:
    assert PaymentFailed(order_id="o-1", reason="payment_declined", detail="a" * 501).detail == "a" * 500


def test_the_fingerprint_is_that_of_the_content() -> None:
    order = OrderCreated.model_validate(ORDER)
    spelled = ORDER | {"complete_by": "2026-03-01T14:00:00+01:00", "gift_wrap": True}
    assert OrderCreated.model_validate(spelled).fingerprint() == order.fingerprint()
    assert OrderCreated.model_validate(changed("items.0.quantity", 13)).fingerprint() != order.fingerprint()
    assert order.fingerprint() == "4cb323e8f4202d913077e2feacf446b3"


@given(orders())
def test_an_order_comes_back_as_it_was(data: dict[str, Any]) -> None:
    order = OrderCreated.model_validate(data)
    assert order.to_json() == data
    assert OrderCreated.model_validate(order.to_json()) == order


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_is_wrong_is_explained_in_one_line(junk: object) -> None:
    for field in ("order_id", "items", "shipping_address", "currency"):
        assert problem_with(ORDER | {field: [junk]}).startswith(field)


def test_a_long_list_of_wrong_items_is_not_read_to_its_end() -> None:
    problem = problem_with(changed("items", [{"quantity": -1}] * 100_000))
    assert problem.startswith("items.0.")


def test_the_code_lists_have_the_forms_of_their_standards() -> None:
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert all(len(code) == 3 and code.isupper() for code in MINOR_UNITS)
    assert {"EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4}.items() <= MINOR_UNITS.items()
    assert set(MINOR_UNITS.values()) == {0, 2, 3, 4}


def _texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _texts(one, (*path, key))
    if isinstance(value, str):
        yield path


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_half_of_a_surrogate_pair_is_refused_in_every_field_and_named(event: EventData) -> None:
    """It could not be written as UTF-8: not published, not stored, not logged."""
    for path in _texts(event.to_json()):
        data = event.to_json()
        place: Any = data
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] += "\ud83d"
        with pytest.raises(ValidationError) as caught:
            type(event).model_validate(data)
        assert explain(caught.value).startswith(".".join(map(str, path)) + ": must ")
        assert explain(caught.value).isprintable()


def test_half_of_a_surrogate_pair_in_a_field_that_is_not_known_is_ignored() -> None:
    order = OrderCreated.model_validate(ORDER | {"note": "\ud83d", "\ud83d": {"\udc00": 1}})
    assert order == OrderCreated.model_validate(ORDER)
    assert order.to_json() == ORDER


def test_what_is_cut_off_a_detail_is_ignored() -> None:
    failed = PaymentFailed(order_id="o-1", reason="no", detail="a" * 500 + "\ud83d")
    assert failed.detail == "a" * 500
