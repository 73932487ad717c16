"""`quartet up --style orchestrated` in real processes, and what SIGKILL does to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, producer_client
from quartet.cli.reading.connection import open_cosmos
from quartet.engine.failures.timeouts import stretched
from quartet.events import Event, EventData
from quartet.local.stack import LocalStack, StackOptions, any_ports
from quartet.process.application import Application
from services.operations.audit.running import run_audit
from services.operations.seed.seeding import provision
from services.orchestrator.app import ORCHESTRATED
from tests.saga.shop import Logs, Shop, address, order

ORCHESTRATOR, EMULATORS = "orchestrator", "emulators"


@asynccontextmanager
async def running_twin(data_dir: Path, **more: str) -> AsyncIterator[tuple[LocalStack, Shop]]:
    """The stack as `quartet up` starts it, with names and settings of the tests, and `more` settings."""
    logs = Logs()
    settings = {
        "LOG_FORMAT": "json",
        "LOAD_BALANCING_SECONDS": "1",
        "OWNERSHIP_EXPIRES_SECONDS": str(stretched(6.0)),
        **more,
    }
    application = Application("services.orchestrator.app:ORCHESTRATED", ORCHESTRATED)
    options = StackOptions(application, data_dir, any_ports(ORCHESTRATED.emulators), 1, settings, {"BUCKETS": "16"})
    async with LocalStack(options, logs) as stack, AsyncExitStack() as clients:
        await stack.start_emulators()
        async with open_cosmos(stack.settings) as cosmos:
            await provision(cosmos)
        await stack.start_services()
        credentials = await clients.enter_async_context(Credentials())
        client = await clients.enter_async_context(cosmos_client(stack.settings, credentials, "quartet-tests"))
        producer = await clients.enter_async_context(producer_client(stack.settings, credentials, "quartet-tests"))
        environment = dict(stack.environment)
        yield stack, Shop(data_dir, stack.supervisor, logs, environment, client, HubPublisher(producer))


def orders(count: int) -> list[Event[EventData]]:
    """Most of them go well. Every tenth is not delivered, and every tenth is charged with a lost answer."""
    changes: dict[int, dict[str, Any]] = {
        3: {"shipping_address": address("AQ")},
        7: {"payment_method": "tok_flaky"},
    }
    return [order(f"both-{n}", {"salpinx": 1}, **changes.get(n % 10, {})) for n in range(count)]


async def test_orders_end_as_in_the_choreography(tmp_path: Path) -> None:
    async with running_twin(tmp_path) as (_, shop):
        await shop.stock(salpinx=100)
        await shop.publish(*orders(10), order("both-short", {"salpinx": 1000}))
        for n in range(10):
            await shop.until(f"both-{n}", "CANCELLED" if n == 3 else "COMPLETED")
        await shop.until("both-short", "CANCELLED")
        assert await shop.ledger("both-3") == ["charged", "not_served", "refunded"]
        assert await shop.shelf("salpinx") == (91, 0, 9)


async def test_sigkill_of_everything_in_the_middle_of_two_hundred_sagas(tmp_path: Path) -> None:
    """First the orchestrator with its worker, then the scheduler with all other servers, then all of them."""
    async with running_twin(tmp_path) as (stack, shop):
        await shop.stock(salpinx=1000)
        await shop.publish(*orders(200))
        charged = 0

        async def until_more_are_charged() -> None:
            nonlocal charged
            charged += 15
            async with asyncio.timeout(stretched(60)):
                while True:
                    if sum('"charged"' in line for line in shop.logs.of(ORCHESTRATOR)) >= charged:
                        return
                    await asyncio.sleep(0.02)  # a pause between two looks at a condition

        for victims in ([ORCHESTRATOR], [EMULATORS], [ORCHESTRATOR, EMULATORS]):
            await until_more_are_charged()
            await asyncio.gather(*(stack.supervisor.kill(name) for name in victims))
            for name in reversed(victims):
                await stack.supervisor.restart(name, ready_line="ready" if name == EMULATORS else None)
        for n in range(200):
            await shop.until(f"both-{n}", "CANCELLED" if n % 10 == 3 else "COMPLETED")
        async with open_cosmos(stack.settings) as cosmos:
            findings = await run_audit(
                cosmos,
                grace=timedelta(seconds=60),
                settle=timedelta(seconds=stretched(1)),
                environment=stack.environment,
            )
        assert [violation for finding in findings for violation in finding.violations] == []
        assert await shop.shelf("salpinx") == (820, 0, 180)
