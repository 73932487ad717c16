"""The audit of an application, which may be running meanwhile."""

from collections.abc import Mapping
from datetime import timedelta

from quartet.choreography import Choreography
from quartet.cli.audit.evidence import read_evidence
from quartet.cli.audit.finding import Finding
from quartet.cli.audit.judging import judge
from quartet.cli.audit.lasting import lasting
from quartet.cli.audit.ledgers import opening_ledgers
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import Stored


async def run_audit(
    cosmos: Cosmos, application: Choreography, settle: timedelta, environment: Mapping[str, str] | None = None
) -> list[Finding]:
    """The findings about the present data.

    Args:
        cosmos: the databases.
        application: whose invariants are checked.
        settle: how long to wait before each further look, see `lasting`.
        environment: names the services' ports, whose ledgers are read; None means this process's.

    Raises:
        MissingError: a database or container does not exist.
        ConfigurationError: a ledger cannot be looked at.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    async with opening_ledgers(cosmos, environment) as opening:
        found = {service.participant.name: await opening.find(service) for service in application.services}
        ledgers = {name: ledger for name, ledger in found.items() if ledger is not None}

        async def look() -> list[Finding]:
            with await read_evidence(Stored(cosmos), application, ledgers) as evidence:
                return judge(application, evidence)

        return await lasting(look, settle)
