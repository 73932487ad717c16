"""Whether the services run a release that can be asked to redrive."""

from collections.abc import Collection

from quartet.azure.cosmos.release_record import known_requests
from quartet.azure.settings import Settings
from quartet.cli.application import choreography
from quartet.cli.reading.connection import open_cosmos
from quartet.engine.dead_letters.requests import RedriveRequested
from quartet.terminal.user_error import UserError


async def check_releases(settings: Settings, services: Collection[str]) -> None:
    """Ask no service that would take the request for an event of the saga.

    Raises:
        UserError: one of them runs a release that does not know the request.
        OutageError: Cosmos DB did not answer.
    """
    async with open_cosmos(settings) as cosmos:
        for service in sorted(services):
            participant = choreography().participant(service)
            known = await known_requests(cosmos.client.get_database_client(participant.database))
            if RedriveRequested.type not in known:
                raise UserError(
                    f"{service} runs a release that cannot be asked to redrive: nothing was asked. "
                    "Upgrade it, and start it once"
                )
