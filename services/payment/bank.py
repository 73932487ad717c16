"""`python -m services.payment.bank ORDER…`: have a word with the bank that refuses to refund these orders.

Only the simulated gateway needs it: a real bank has a telephone. What is owed is then finished by
`quartet dead-letters redrive`.
"""

import asyncio
import sys
from collections.abc import Sequence

from services.payment.service import GATEWAY_LEDGER, PARTICIPANT
from services.payment.simulated_gateway import SimulatedGateway
from shared.runtime.cosmos import cosmos_client
from shared.runtime.credentials import Credentials
from shared.runtime.errors import ConfigurationError, OutageError
from shared.runtime.settings import Settings, load_settings


async def have_a_word(settings: Settings, order_ids: Sequence[str]) -> None:
    """Let the simulated bank refund these orders.

    Raises:
        ConfigurationError: the settings cannot be used.
        OutageError: Cosmos DB did not answer.
    """
    async with Credentials() as credentials, cosmos_client(settings, credentials, "quartet-bank") as client:
        database = client.get_database_client(PARTICIPANT.database)
        gateway = SimulatedGateway(database.get_container_client(GATEWAY_LEDGER.name), settings.buckets)
        for order_id in order_ids:
            await gateway.allow_refund(order_id)


def main(order_ids: Sequence[str]) -> int:
    """The exit status: 0 if the bank has been talked to."""
    if not order_ids:
        print("usage: python -m services.payment.bank ORDER…", file=sys.stderr)  # noqa: T201 -- for a person
        return 2
    try:
        asyncio.run(have_a_word(load_settings(), order_ids))
    except (ConfigurationError, OutageError) as error:
        print(f"bank: {error}", file=sys.stderr)  # noqa: T201 -- for a person
        return 2 if isinstance(error, ConfigurationError) else 1
    print(f"the bank refunds {', '.join(order_ids)} now: quartet dead-letters redrive --all")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
