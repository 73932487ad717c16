"""The same sagas as Azure Durable Functions: optional, and not part of any process of Quartet.

It takes packages that nothing else here needs, and Python 3.13: `requirements/functions.txt`. `make functions-test`
runs it as the host of Azure Functions would, with real handlers and emulators. The host itself was never run. Nothing
here begins a saga when an order is placed: see docs/durable-functions.md.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from azure.durable_functions import DFApp
from structlog.typing import FilteringBoundLogger

from quartet.adapters import ServiceContext
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.settings import load_settings
from quartet.engine.records.record import Json
from quartet.process.logs import configure_logs
from quartet.process.startup import open_servers
from services.orchestrator.activities import WHO_IS_TOLD, open_participants, steps
from services.orchestrator.saga import order_saga
from services.orchestrator.scheduler import Step
from services.orchestrator.service import PARTICIPANT, SERVICE
from services.orchestrator.settings import check_layout


class _Participants:
    """The four participants: opened with the first step, and kept until the host ends the process."""

    def __init__(self) -> None:
        self._open = AsyncExitStack()
        self._opening: asyncio.Lock | None = None
        self._steps: Mapping[str, Step] = {}

    async def step(self, name: str) -> Step:
        """What an activity does. Raises as `open_participants`; the next call tries again."""
        if self._opening is None:  # made on the event loop on which the host calls every activity
            self._opening = asyncio.Lock()
        async with self._opening:
            if not self._steps:
                self._steps = await self._opened()
        return self._steps[name]

    async def _opened(self) -> Mapping[str, Step]:
        settings = load_settings()
        check_layout(settings.hub_layout)
        configure_logs(settings.log_format, settings.log_level, colors=False)
        log: FilteringBoundLogger = structlog.get_logger(service=PARTICIPANT.name)
        async with AsyncExitStack() as stack:
            servers = await open_servers(stack, PARTICIPANT, settings, log)
            publisher = HubPublisher(servers.producer)
            own = SERVICE.load_own()
            context = ServiceContext(settings, servers.database, publisher, frozenset(), _now, log, own_settings=own)
            opened = steps(await stack.enter_async_context(open_participants(context)))
            self._open = stack.pop_all()
        return opened

    async def close(self) -> None:
        """Close everything. The host does not ask for it: it ends the process."""
        self._steps = {}
        await self._open.aclose()


def _now() -> datetime:
    return datetime.now(UTC)


def _activity(name: str) -> Callable[[object, list[Json]], Coroutine[Any, Any, list[Json]]]:
    async def activity(_context: object, events: list[Json]) -> list[Json]:
        step = await participants.step(name)
        return await step(events)

    activity.__name__ = name
    return activity


participants: Final = _Participants()
app: Final = DFApp()
"""What the host loads: a `function_app.py` at the root of the deployment imports it."""

app.orchestration_trigger(context_name="context")(order_saga)
for _name in WHO_IS_TOLD:
    app.activity_trigger(input_name="events")(_activity(_name))
