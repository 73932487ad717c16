"""Invariant 1: pieces add up."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from quartet.cli.audit.finding import Finding, Violation
from services.inventory.cosmos_stock import HELD, SHIPPED
from services.operations.audit.snapshot import Snapshot, Stock


def stock_adds_up(snapshot: Snapshot) -> Finding:
    """Compare every product's counts with its deliveries, and with the orders."""
    pieces: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for allocation in snapshot.allocations:
        pieces[allocation.product_id][allocation.state] += allocation.quantity
    violations = [
        Violation(product, what)
        for product in sorted(snapshot.stock.keys() | pieces.keys())
        for what in _wrong_stock(snapshot.stock.get(product), pieces[product][HELD], pieces[product][SHIPPED])
    ]
    stocks = snapshot.stock.values()
    return Finding(
        1,
        "per product: available + reserved + shipped = seeded, none negative, reserved = what open orders hold",
        {
            "products": len(snapshot.stock),
            "seeded": sum(stock.seeded for stock in stocks),
            "available": sum(stock.available for stock in stocks),
            "reserved": sum(stock.reserved for stock in stocks),
            "shipped": sum(stock.shipped for stock in stocks),
        },
        tuple(violations),
    )


def _wrong_stock(stock: Stock | None, held: int, shipped: int) -> Iterator[str]:
    if stock is None:
        if held or shipped:
            yield "orders have pieces of a product that was never in stock"
        return
    if min(stock.available, stock.reserved, stock.shipped) < 0:
        yield f"a quantity is negative: {stock}"
    if (together := stock.available + stock.reserved + stock.shipped) != stock.seeded:
        yield f"{together} pieces exist, {stock.seeded} were seeded"
    if stock.reserved != held:
        yield f"{stock.reserved} are reserved, orders hold {held}"
    if stock.shipped != shipped:
        yield f"{stock.shipped} are shipped, orders got {shipped}"
