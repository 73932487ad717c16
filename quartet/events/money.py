"""Money: exact decimals, written as strings in the one form that the currency has.

A JSON number would be read as a binary float somewhere along the way, so only strings are taken. `12.5` and
`12.50` euros are one amount and leave as `12.50`: equal amounts are equal text.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from quartet.events.currencies import MINOR_UNITS
from quartet.events.model import schema_says

# 10^12 a piece, a million pieces, 50 lines: the largest total has 20 digits before the point, and 24 digits
# in all stay exact in the default decimal context of 28.
_PATTERN: Final = r"^(0|[1-9][0-9]{0,19})(\.[0-9]{1,4})?$"
_UNIT_PRICE_PATTERN: Final = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?$"
_SHAPE = re.compile(_PATTERN.rstrip("$") + r"\Z")
_MOST_DECIMALS: Final = 4
_USUAL_DECIMALS: Final = 2
HIGHEST_UNIT_PRICE: Final = Decimal(10) ** 12
HIGHEST_AMOUNT: Final = Decimal(10) ** 20
_STEPS: Final = {decimals: Decimal(1).scaleb(-decimals) for decimals in set(MINOR_UNITS.values())}


def _read(value: object) -> Decimal:
    if isinstance(value, str) and _SHAPE.match(value):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite() and 0 <= value < HIGHEST_AMOUNT:
        return value
    raise ValueError('must be a decimal string that is not negative, such as "12.50"')


def _write(amount: Decimal) -> str:
    return format(amount, "f")


Money = Annotated[
    Decimal,
    PlainValidator(_read),
    PlainSerializer(_write, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN}),
    Field(description="an amount in the event's currency, as a decimal string"),
]

UnitPrice = Annotated[Money, WithJsonSchema({"type": "string", "pattern": _UNIT_PRICE_PATTERN})]
"""The price of one piece. The model of an item does not know the currency; `fit_items` looks at both."""


def in_minor_units(amount: Decimal, currency: str) -> Decimal:
    """The amount with exactly as many decimals as the currency has: 12.5 EUR becomes 12.50.

    Raises:
        ValueError: If it has more decimals than that, trailing zeros included.
    """
    decimals = MINOR_UNITS[currency]
    exponent = amount.as_tuple().exponent
    if exponent == -decimals:
        return amount
    if not isinstance(exponent, int) or exponent < -decimals:
        raise ValueError(f"must have at most {decimals} decimals, being in {currency}")
    return amount.quantize(_STEPS[decimals])


def per_currency(field: str, *inside: str) -> list[dict[str, Any]]:
    """What a JSON Schema says of an amount that has no more decimals than the `currency` beside its field.

    Args:
        field: the amount, or the list with the amounts in it.
        inside: the way from the field to the amount: `[]` for the entries of a list, or the name of a field.
    """
    conditions: list[dict[str, Any]] = []
    for decimals in sorted(set(MINOR_UNITS.values()) - {_MOST_DECIMALS}):
        fraction = f"(\\.[0-9]{{1,{decimals}}})?" if decimals else ""
        then: dict[str, Any] = {"pattern": f"^[0-9]+{fraction}$"}
        for step in reversed(inside):
            then = {"items": then} if step == "[]" else {"properties": {step: then}}
        applies = {"properties": {"currency": _of_decimals(decimals)}, "required": ["currency"]}
        conditions.append({"if": applies, "then": {"properties": {field: then}}})
    return conditions


def _of_decimals(decimals: int) -> dict[str, Any]:
    """The currencies with this many decimals; those with two are the ones that are not among the others."""
    if decimals == _USUAL_DECIMALS:
        return {"not": {"enum": sorted(code for code, known in MINOR_UNITS.items() if known != decimals)}}
    return {"enum": sorted(code for code, known in MINOR_UNITS.items() if known == decimals)}


@schema_says(per_currency)
def fit_amount(amount: Decimal, info: ValidationInfo) -> Decimal:
    """Validator of an amount in a model that declares `currency` before it.

    Raises:
        ValueError: If the amount has more decimals than the currency.
    """
    currency = info.data.get("currency")
    # Without a currency, that field has failed already and is the one to name.
    return amount if currency is None else in_minor_units(amount, currency)
