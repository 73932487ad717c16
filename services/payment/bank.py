"""`python -m services.payment.bank ORDER…`: let the simulated bank refund orders that it refuses to refund.

Only for the simulated gateway: with a real bank, use the telephone. `quartet dead-letters redrive` then
finishes the open refund.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from quartet import ConfigurationError, OutageError
from quartet.adapters import Settings, load_settings
from quartet.azure.cosmos.client import cosmos_client
from quartet.azure.cosmos.port_record import same_ports
from quartet.azure.credentials import Credentials
from quartet.process.named_ports import SIMULATED
from services.payment.service import GATEWAY, GATEWAY_LEDGER, PARTICIPANT
from services.payment.simulated_gateway import SimulatedGateway


async def have_a_word(settings: Settings, environment: Mapping[str, str], order_ids: Sequence[str]) -> None:
    """Let the simulated bank refund these orders.

    Raises:
        ConfigurationError: the settings cannot be used, or payment does not run with the simulated gateway.
        OutageError: Cosmos DB did not answer.
    """
    if (name := GATEWAY.name(environment)) != SIMULATED:
        raise ConfigurationError(f"{GATEWAY.variable} is {name}, and only the {SIMULATED} gateway has this bank")
    async with Credentials() as credentials, cosmos_client(settings, credentials, "quartet-bank") as client:
        database = client.get_database_client(PARTICIPANT.database)
        await same_ports(PARTICIPANT.name, [GATEWAY.variable], database, environment)
        gateway = SimulatedGateway(database.get_container_client(GATEWAY_LEDGER.name), settings.buckets)
        for order_id in order_ids:
            await gateway.allow_refund(order_id)


def main(order_ids: Sequence[str]) -> int:
    """The exit status: 0 if the bank agrees."""
    if not order_ids:
        print("usage: python -m services.payment.bank ORDER…", file=sys.stderr)  # noqa: T201 -- for a person
        return 2
    try:
        asyncio.run(have_a_word(load_settings(), os.environ, order_ids))
    except (ConfigurationError, OutageError) as error:
        print(f"bank: {error}", file=sys.stderr)  # noqa: T201 -- for a person
        return 2 if isinstance(error, ConfigurationError) else 1
    print(f"the bank refunds {', '.join(order_ids)} now: quartet dead-letters redrive --all")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
