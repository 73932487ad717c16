"""Creating what an application needs in Cosmos DB."""

from quartet.choreography import Choreography
from quartet.cli.reading.connection import Cosmos
from quartet.process.startup import participant_database


async def provision(cosmos: Cosmos, choreography: Choreography) -> None:
    """Create the databases and containers of all participants that do not exist.

    Raises:
        ConfigurationError: one is missing and may not be created, or is laid out differently.
        OutageError: Cosmos DB did not answer.
    """
    for participant in choreography:
        await participant_database(cosmos.client, participant, cosmos.settings)
