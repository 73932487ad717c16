import pytest

from quartet.terminal.user_error import UserError
from services.operations.publish.catalogue import Product, read_catalogue
from services.operations.publish.generator import generate_orders
from services.operations.samples import CATALOGUE, sample

CATALOGUE_OF_THE_SHOP = read_catalogue(sample(CATALOGUE))


def test_the_same_seed_makes_the_same_orders() -> None:
    assert generate_orders(CATALOGUE_OF_THE_SHOP, 20, 7) == generate_orders(CATALOGUE_OF_THE_SHOP, 20, 7)


def test_another_seed_makes_other_orders_under_other_ids() -> None:
    some = {order.order_id for order in generate_orders(CATALOGUE_OF_THE_SHOP, 20, 1)}
    others = {order.order_id for order in generate_orders(CATALOGUE_OF_THE_SHOP, 20, 2)}
    assert not some & others


def test_every_order_is_for_products_of_the_catalogue_at_their_prices() -> None:
    prices = {product.product_id: (product.unit_price, product.currency) for product in CATALOGUE_OF_THE_SHOP}
    for order in generate_orders(CATALOGUE_OF_THE_SHOP, 200, 1):
        assert 1 <= len(order.items) <= 4
        assert len({item.product_id for item in order.items}) == len(order.items)
        assert all(prices[item.product_id] == (item.unit_price, order.currency) for item in order.items)


def test_an_order_is_in_one_currency() -> None:
    catalogue = [
        Product.model_validate({"product_id": f"p-{code}", "name": code, "quantity": 5, "currency": code})
        for code in ("EUR", "SEK")
    ]
    orders = generate_orders(catalogue, 50, 1)
    assert {order.currency for order in orders} == {"EUR", "SEK"}
    assert all(item.product_id == f"p-{order.currency}" for order in orders for item in order.items)


def test_what_is_not_there_is_not_ordered() -> None:
    gone = Product.model_validate({"product_id": "gone", "name": "Gone", "quantity": 0})
    with pytest.raises(UserError, match="nothing to sell"):
        generate_orders([gone], 1, 1)
