"""Which ports a service runs with, recorded where every tool can see it: names, never secrets.

A command that opens a port, to read its ledger, must open the same one as the service. The books of another provider
say nothing about what the service did.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from azure.cosmos.aio import DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from structlog.typing import FilteringBoundLogger

from quartet.azure.cosmos.client import outages
from quartet.engine.declaration.participant import DEPLOYMENT
from quartet.engine.errors import ConfigurationError

PORTS_RECORD: Final = "ports"
"""The id of the document, in the container `deployment`, with the names of the ports."""


async def record_ports(database: DatabaseProxy, names: Mapping[str, str], log: FilteringBoundLogger) -> None:
    """Record the ports that the service runs with, if they differ from the recorded ones.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    before = await recorded_ports(database)
    if before == names:
        return
    with outages():
        await database.get_container_client(DEPLOYMENT.name).upsert_item({"id": PORTS_RECORD, "names": dict(names)})
    if before is not None:
        log.warning("ports changed", before=before, now=dict(names))


async def recorded_ports(database: DatabaseProxy) -> Mapping[str, str] | None:
    """The names, by variable, of the ports that the service was last started with; None if it never was.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    container = database.get_container_client(DEPLOYMENT.name)
    try:
        with outages():
            document = await container.read_item(PORTS_RECORD, partition_key=PORTS_RECORD)
    except CosmosResourceNotFoundError:
        return None
    names = document.get("names")
    return names if isinstance(names, dict) else None


async def same_ports(
    participant: str, variables: Sequence[str], database: DatabaseProxy, environment: Mapping[str, str]
) -> dict[str, str]:
    """The names of the participant's ports in this environment, if the service runs with the same.

    Raises:
        ConfigurationError: it runs with others, or has not recorded with which.
        OutageError: Cosmos DB did not answer.
    """
    recorded = await recorded_ports(database) if variables else {}
    for variable in variables:
        there = (recorded or {}).get(variable)
        if there is None:
            raise ConfigurationError(
                f"{participant} has not recorded which {variable} it runs with: start this release of the service first"
            )
        check_same(participant, variable, there, environment.get(variable))
    return {variable: environment[variable] for variable in variables}


def check_same(participant: str, variable: str, there: str, here: str | None) -> None:
    """Refuse another port than the service's own.

    Raises:
        ConfigurationError: `here` is not what the service runs with.
    """
    if here != there:
        raise ConfigurationError(
            f"{participant} runs with {variable}={there}, and here {variable} is {repr(here) if here else 'not set'}: "
            "set it, and the settings of that port, as the service has them"
        )
