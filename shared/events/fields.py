"""The kinds of text that only the shop's events have."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from quartet.events import SagaId
from shared.events.countries import COUNTRIES

OrderId = SagaId
"""An order is a saga: its id is the saga's."""

ProductId = Annotated[
    str,
    # It names a document and is its partition key: no slash, no dot in front.
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$",
        description="1 to 64 of A-Z, a-z, 0-9, dot, colon, _ and -, beginning with a letter or a digit",
    ),
]


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError("must be an ISO 3166-1 alpha-2 country code such as DE")
    return code


Country = Annotated[str, AfterValidator(_known_country), WithJsonSchema({"type": "string", "enum": sorted(COUNTRIES)})]
