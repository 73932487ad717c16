"""The promised costs of a saga of the shop, which the demonstration checks."""

from collections.abc import Mapping
from typing import Final

from quartet.engine.declaration.hubs import Layout

MOST_REQUESTS_ONE_AT_A_TIME: Final[Mapping[Layout, int]] = {"one": 12, "inbound": 12, "authors": 16}
"""Cosmos DB requests per saga when sagas come one after the other, by the layout of the hubs.

With a hub for each author, a service hears two events of a saga at the same time: one may lose, and is handled again.
"""

REQUESTS_IN_A_RUSH: Final = 3
"""Cosmos DB requests per saga stay below this with 400 orders in flight."""
