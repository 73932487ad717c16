"""Prints what a saga costs the projection in Cosmos DB: `python -m tests.console.stores`."""

import asyncio

from tests.console.stores.cost import measure

for sagas, together in ((20, False), (400, True)):
    cost = asyncio.run(measure(sagas, together=together))
    how = "together" if together else "one event at a time"
    print(f"{sagas} sagas, {how}: {cost.requests:.1f} requests and {cost.request_units:.0f} request units each")
