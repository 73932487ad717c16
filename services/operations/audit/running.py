"""The audit of the shop, which may be running meanwhile."""

from collections.abc import Mapping
from datetime import timedelta

from quartet.cli.audit.finding import Finding
from quartet.cli.audit.lasting import lasting
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import PAGE, Stored
from services.operations.audit.invariants import audit
from services.operations.audit.ledgers import open_ledgers
from services.operations.audit.reading import read_snapshot
from services.operations.participants import PARTICIPANTS


async def run_audit(
    cosmos: Cosmos,
    *,
    grace: timedelta,
    settle: timedelta,
    environment: Mapping[str, str] | None = None,
    page: int = PAGE,
) -> list[Finding]:
    """The findings about the present data.

    The containers are read one after the other while the services continue, so a snapshot can look wrong that is not.
    If it does, another is taken, as `lasting` says.

    Args:
        cosmos: the databases.
        grace: how long after its deadline an order may still be open.
        settle: how long to wait before each further look.
        environment: names the services' ports, whose ledgers are read; None means this process's.
        page: the largest number of documents that a request gets. Every page is read.

    Raises:
        MissingError: a database or container does not exist.
        ConfigurationError: a ledger cannot be looked at.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    for participant in PARTICIPANTS:
        await Stored(cosmos).check_there(participant, participant.container)
    async with open_ledgers(cosmos, environment) as ledgers:

        async def look() -> list[Finding]:
            return audit(await read_snapshot(Stored(cosmos, page), ledgers), grace)

        return await lasting(look, settle)
