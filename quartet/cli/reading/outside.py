"""The services' ports in a command's process, to read their ledgers: the same as the service's own, or none."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

from azure.cosmos.aio import DatabaseProxy

from quartet.azure.cosmos.port_record import check_same, recorded_ports
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.process.named_ports import SIMULATED, Adapter
from quartet.process.port_opening import check_port, open_port
from quartet.process.service import Service
from quartet.process.service_context import ServiceContext

_SECONDS: Final = 20


async def open_reading_port(
    stack: AsyncExitStack, service: Service[Any, Any], context: ServiceContext, environment: Mapping[str, str]
) -> tuple[Adapter, object]:
    """The port that the service runs with, for a command that only reads its ledger.

    Without a name in the environment, the ledger of a simulated port that the service has recorded can still be read:
    it lies in the service's own database.

    Raises:
        ConfigurationError: the environment names another port, or none; or the port refuses.
        OutageError: a server does not answer.
    """
    adapter = service.adapter(await _readable(service, context.database, environment))
    return adapter, await _open(stack, adapter, context)


async def _readable(
    service: Service[Any, Any], database: DatabaseProxy, environment: Mapping[str, str]
) -> Mapping[str, str]:
    recorded = await recorded_ports(database) or {}
    names: dict[str, str] = {}
    for variable in service.port_variables:
        there, here = recorded.get(variable), environment.get(variable) or None
        if there is not None and (here, there) != (None, SIMULATED):
            check_same(service.participant.name, variable, there, here)
        names[variable] = here or there or ""
    return service.port_names(names)


async def _open(stack: AsyncExitStack, adapter: Adapter, context: ServiceContext) -> object:
    try:
        async with asyncio.timeout(stretched(_SECONDS)):
            port = await open_port(stack, adapter, context)
            await check_port(adapter, port)
    except (OutageError, TimeoutError) as error:
        raise OutageError(f"{adapter.label} does not answer: {str(error) or f'nothing within {_SECONDS} s'}") from error
    return port
