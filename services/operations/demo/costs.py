"""The promised costs of a saga of the shop, which the demonstration checks."""

from typing import Final

MOST_REQUESTS_ONE_AT_A_TIME: Final = 12
"""Cosmos DB requests per saga when sagas come one after the other."""

REQUESTS_IN_A_RUSH: Final = 3
"""Cosmos DB requests per saga stay below this with 400 orders in flight."""
