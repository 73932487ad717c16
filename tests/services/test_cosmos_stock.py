"""The stock adds up for any caller, any number of calls and any order of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.inventory.cosmos_stock import CosmosStock
from services.inventory.stock import Held, Refused
from shared.events import Shortage
from tests.cosmos_fixture import Cosmos, running_cosmos


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path) as running:
        yield running


@pytest.fixture
async def items(cosmos: Cosmos) -> ContainerProxy:
    return await cosmos.container("items", "/product_id")


async def put(items: ContainerProxy, **products: int) -> None:
    for product, quantity in products.items():
        await items.upsert_item(
            {
                "id": product,
                "product_id": product,
                "available_quantity": quantity,
                "reserved_quantity": 0,
                "shipped_quantity": 0,
            }
        )


async def counts(items: ContainerProxy, product: str) -> tuple[int, int, int]:
    """Available, reserved, shipped."""
    stock = await items.read_item(product, product)
    return stock["available_quantity"], stock["reserved_quantity"], stock["shipped_quantity"]


async def test_held_pieces_are_no_longer_available_and_then_ship(items: ContainerProxy) -> None:
    await put(items, teapot=5)
    stock = CosmosStock(items)
    assert await stock.hold("o-1", {"teapot": 2}) == Held()
    assert await counts(items, "teapot") == (3, 2, 0)
    await stock.ship("o-1", {"teapot": 2})
    assert await counts(items, "teapot") == (3, 0, 2)


async def test_a_hold_and_a_shipment_cost_one_request_each(cosmos: Cosmos, items: ContainerProxy) -> None:
    await put(items, teapot=5)
    stock = CosmosStock(items)
    await stock.hold("o-1", {"teapot": 2})
    assert cosmos.requests("batch") == 1
    await stock.ship("o-1", {"teapot": 2})
    assert cosmos.requests("batch") == 2
    assert cosmos.requests("query") == 0


async def test_many_orders_for_one_product_are_one_request(cosmos: Cosmos, items: ContainerProxy) -> None:
    await put(items, teapot=500)
    stock = CosmosStock(items)
    answers = await asyncio.gather(*(stock.hold(f"o-{n}", {"teapot": 1}) for n in range(90)))
    assert set(answers) == {Held()}
    assert await counts(items, "teapot") == (410, 90, 0)
    assert cosmos.requests("batch") == 1


async def test_the_last_piece_is_sold_and_not_one_more(items: ContainerProxy) -> None:
    """A thousand orders, two replicas, four hundred pieces."""
    await put(items, teapot=400)
    replicas = [CosmosStock(items), CosmosStock(items)]
    answers = await asyncio.gather(*(replicas[n % 2].hold(f"o-{n}", {"teapot": 1}) for n in range(1000)))
    assert sum(answer == Held() for answer in answers) == 400
    assert await counts(items, "teapot") == (0, 400, 0)


async def test_a_refusal_asks_again_only_for_what_was_held(cosmos: Cosmos, items: ContainerProxy) -> None:
    await put(items, teapot=0)
    assert isinstance(await CosmosStock(items).hold("o-1", {"teapot": 1}), Refused)
    # A guess that fails, a look, and the refusal. Nothing was held, so nothing is released.
    assert (cosmos.requests("batch"), cosmos.requests("query")) == (2, 1)


async def test_all_items_or_none(items: ContainerProxy) -> None:
    await put(items, teapot=5, cup=1)
    answer = await CosmosStock(items).hold("o-1", {"teapot": 1, "cup": 2, "unicorn": 1})
    assert answer == Refused(
        (
            Shortage(product_id="cup", requested=2, available=1),
            Shortage(product_id="unicorn", requested=1, available=0),
        )
    )
    assert await counts(items, "teapot") == (5, 0, 0)
    assert await counts(items, "cup") == (1, 0, 0)


async def test_repeats_change_nothing(items: ContainerProxy) -> None:
    await put(items, teapot=5)
    for _ in range(3):
        assert await CosmosStock(items).hold("o-1", {"teapot": 2}) == Held()
    assert await counts(items, "teapot") == (3, 2, 0)
    for _ in range(3):
        await CosmosStock(items).release("o-1", {"teapot": 2})
    assert await counts(items, "teapot") == (5, 0, 0)


async def test_a_refusal_is_final_also_when_stock_arrives(items: ContainerProxy) -> None:
    """Two owners of one order must not come to different answers."""
    await put(items, teapot=1)
    refused = await CosmosStock(items).hold("o-1", {"teapot": 2})
    await put(items, teapot=100)
    assert await CosmosStock(items).hold("o-1", {"teapot": 2}) == refused


async def test_a_hold_that_comes_after_the_release_gets_nothing(items: ContainerProxy) -> None:
    """A process that was paused wakes up and reserves for an order that has long been cancelled."""
    await put(items, teapot=5)
    await CosmosStock(items).release("o-1", {"teapot": 2})
    assert await CosmosStock(items).hold("o-1", {"teapot": 2}) == Refused()
    assert await counts(items, "teapot") == (5, 0, 0)


async def test_a_late_hold_does_not_release_what_is_being_shipped(items: ContainerProxy) -> None:
    """One product has left the warehouse, the other is about to, when a stale owner asks once more."""
    await put(items, teapot=5, cup=5)
    stock = CosmosStock(items)
    both = {"teapot": 1, "cup": 1}
    await stock.hold("o-1", both)
    await stock._ask("ship", "o-1", {"teapot": 1})  # noqa: SLF001 -- a shipment that was interrupted half-way
    await stock.ship("o-1", both)
    assert await CosmosStock(items).hold("o-1", both) == Held()
    assert await counts(items, "cup") == (4, 0, 1)


async def test_giving_up_a_hold_keeps_what_is_held_completely(items: ContainerProxy) -> None:
    """Another process may have told the world."""
    await put(items, teapot=5, cup=5)
    both = {"teapot": 1, "cup": 1}
    stock = CosmosStock(items)
    await stock.hold("o-1", both)
    assert await CosmosStock(items).refuse("o-1", both) == Held()
    assert await counts(items, "teapot") == (4, 1, 0)


async def test_giving_up_a_hold_that_was_interrupted_releases_what_it_had(items: ContainerProxy) -> None:
    await put(items, teapot=5, cup=5)
    both = {"teapot": 1, "cup": 1}
    await CosmosStock(items)._ask("hold", "o-1", {"teapot": 1})  # noqa: SLF001 -- a hold that was interrupted half-way
    assert await CosmosStock(items).refuse("o-1", both) == Refused()
    assert await CosmosStock(items).hold("o-1", both) == Refused()
    assert (await counts(items, "teapot"), await counts(items, "cup")) == ((5, 0, 0), (5, 0, 0))


async def test_another_claim_of_the_same_order_touches_nothing(items: ContainerProxy) -> None:
    await put(items, teapot=5, cup=0)
    stock = CosmosStock(items)
    await stock.hold("o-1.first", {"teapot": 1})
    assert isinstance(await stock.hold("o-1.second", {"teapot": 1, "cup": 1}), Refused)
    assert await counts(items, "teapot") == (4, 1, 0)
    await stock.ship("o-1.first", {"teapot": 1})
    assert await counts(items, "teapot") == (4, 0, 1)


async def test_pieces_that_were_not_held_cannot_ship(items: ContainerProxy) -> None:
    await put(items, teapot=5)
    with pytest.raises(LookupError, match="o-1 was shipped, but holds no teapot"):
        await CosmosStock(items).ship("o-1", {"teapot": 1})
    assert await counts(items, "teapot") == (5, 0, 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["hold", "refuse", "release", "ship"]), st.sampled_from(["ada", "bob", "eve"])),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS, together=st.booleans(), replicas=st.integers(1, 3))
async def test_the_stock_always_adds_up(
    items: ContainerProxy, steps: list[tuple[str, str]], together: bool, replicas: int
) -> None:
    """Any calls, by any caller, at the same time or one after the other: no piece appears, none is lost."""
    lines = {"ada": {"teapot": 2, "cup": 1}, "bob": {"cup": 2}, "eve": {"teapot": 3}}
    for document in [document async for document in items.read_all_items()]:
        await items.delete_item(document["id"], document["product_id"])
    await put(items, teapot=4, cup=2)
    stocks = [CosmosStock(items) for _ in range(replicas)]

    async def step(number: int, verb: str, order: str) -> None:
        stock = stocks[number % replicas]
        if verb == "hold":
            await stock.hold(order, lines[order])
        elif verb == "refuse":
            await stock.refuse(order, lines[order])
        elif verb == "release":
            await stock.release(order, lines[order])
        else:
            try:
                await stock.ship(order, lines[order])
            except LookupError:
                return

    work = [step(number, verb, order) for number, (verb, order) in enumerate(steps)]
    if together:
        await asyncio.gather(*work)
    else:
        for one in work:
            await one

    allocations = [document async for document in items.read_all_items() if document["id"].startswith("claim:")]
    for product, seeded in {"teapot": 4, "cup": 2}.items():
        held: Counter[str] = Counter()
        for allocation in allocations:
            if allocation["product_id"] == product:
                held[allocation["state"]] += allocation["quantity"]
        available, reserved, shipped = await counts(items, product)
        assert available >= 0
        assert (available + reserved + shipped, reserved, shipped) == (seeded, held["held"], held["shipped"])
