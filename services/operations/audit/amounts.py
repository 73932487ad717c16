"""Money, added up without a rounding, and written for people."""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Final

# Far more digits than an amount has. Rounding is an error nevertheless.
_EXACT: Final = Context(prec=1_000, traps=[Inexact, InvalidOperation, Overflow])


def times(quantity: int, price: Decimal) -> Decimal:
    """The price of this many pieces, exactly."""
    return _EXACT.multiply(Decimal(quantity), price)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """All amounts together, exactly."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def amounts_text(amounts: Mapping[str, Decimal]) -> str:
    """Amounts by currency, without those that are zero: `12.00 EUR + 3.00 SEK`."""
    return " + ".join(f"{amount} {currency}" for currency, amount in sorted(amounts.items()) if amount) or "nothing"
