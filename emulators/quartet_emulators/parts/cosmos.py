"""Cosmos DB as a part."""

from collections import Counter

from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.parts.inputs import COSMOS, Inputs, security_of
from quartet_emulators.parts.local import Counters, LocalPart
from quartet_emulators.parts.part import Serving


def part(inputs: Inputs) -> LocalPart[CosmosEmulator]:
    """The part, not started yet.

    Raises:
        StartError: what it needs cannot be used.
    """
    options, security, faults = inputs.options, security_of(inputs.options), inputs.faults_of(COSMOS)
    counter: Counter[tuple[str, str]] = Counter()
    charged: dict[tuple[str, str], float] = {}
    server = CosmosEmulator(
        options.data_dir / "cosmos",
        host=options.host,
        port=options.cosmos_port,
        counters=counter,
        charged=charged,
        faults=faults,
        security=security,
        advertised=options.cosmos_advertised_endpoint,
    )

    def serving() -> Serving:
        where = f"{security.http}://{options.host}:{server.port}"
        if security.tokens is None:
            return Serving({"COSMOS_CONNECTION_STRING": server.connection_string}, "Cosmos DB", where)
        return Serving({"COSMOS_ENDPOINT": server.endpoint}, "Cosmos DB", where)

    counters: Counters = {COSMOS: counter, "request_units": charged}
    return LocalPart(COSMOS, server, serving, data_dir=options.data_dir, counters=counters, faults=faults)
