"""What a service keeps in memory: no library that it never uses."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import HubPublisher, producer_client
from quartet.local.stack import local_settings
from quartet.local.supervisor import Supervisor
from tests.saga.listing_modules import LISTED
from tests.saga.shop import SERVICES, Logs, Shop, emulators, order, read_environment, services

# Each with the reason why no service needs it that has connection strings and no health port.
UNUSED: Final = {
    "azure.identity": "a key needs no token",
    "msal": "part of azure-identity",
    "aiohttp.web": "the health server has it",
    "typer": "the command line has it",
    "hypothesis": "the test kit has it",
    "pytest": "the test kit has it",
    "quartet.cli": "the commands run in other processes",
    "quartet.terminal": "part of the commands",
    "quartet.topology": "part of the commands",
    "quartet.testing": "tests run in other processes",
    "opentelemetry": "telemetry is off",
    "quartet.engine.telemetry.span": "telemetry is off: no span can be made",
    "quartet.process.telemetry.sdk": "telemetry is off",
    # The supervisor runs `quartet.local.child` as the main module, in an empty package.
    **dict.fromkeys(
        ("quartet.local.supervisor", "quartet.local.stack", "quartet.local.child"), "the supervisor has it"
    ),
    "quartet_emulators": "they run in a process of their own",
    "services.shop": "a service is one participant, not the application",
    "services.operations": "part of the commands",
}


def unused_among(modules: set[str]) -> Iterator[str]:
    """The libraries of `UNUSED` of which a module is loaded."""
    for library in UNUSED:
        if any(module == library or module.startswith(f"{library}.") for module in modules):
            yield library


async def test_a_service_that_has_done_its_part_has_loaded_no_library_that_it_does_not_use(tmp_path: Path) -> None:
    logs = Logs()
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(Supervisor(logs))
        await supervisor.start(emulators(tmp_path), ready_line="ready")
        environment = read_environment(tmp_path)
        await supervisor.start(
            *(
                replace(service, module="tests.saga.listing_modules", args=(service.module,))
                for service in services(environment, 1)
            )
        )
        settings = local_settings(environment)
        credentials = await stack.enter_async_context(Credentials())
        client = await stack.enter_async_context(cosmos_client(settings, credentials, "quartet-tests"))
        producer = await stack.enter_async_context(producer_client(settings, credentials, "quartet-tests"))
        shop = Shop(tmp_path, supervisor, logs, environment, client, HubPublisher(producer))
        await logs.until_shared_out(replicas=1)
        await shop.stock(strings=3)
        await shop.publish(order("ord-lean", {"strings": 3}))
        await shop.until("ord-lean", "COMPLETED")
    for name in SERVICES:
        loaded = {line.removeprefix(LISTED) for line in logs.of(name) if line.startswith(LISTED)}
        assert {"azure.cosmos", "quartet.process.service", f"services.{name}.service"} <= loaded, name
        assert list(unused_among(loaded)) == [], name
