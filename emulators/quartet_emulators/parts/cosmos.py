"""Cosmos DB as a part."""

import sqlite3
from collections import Counter
from typing import Any

from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.disk import DISK_FULL, is_full
from quartet_emulators.parts.inputs import COSMOS, Inputs, security_of
from quartet_emulators.parts.local import Counters, LocalPart
from quartet_emulators.parts.part import Question, RefusedError, Serving


class CosmosPart(LocalPart[CosmosEmulator]):
    """Cosmos DB, whose physical partitions are split while it runs."""

    async def ask(self, question: Question, body: Any = None) -> Any:  # noqa: ANN401 -- each question has its own
        """What it answers; see `Question`.

        Raises:
            RefusedError: it cannot do that.
        """
        if question is not Question.SPLIT:
            return await super().ask(question, body)
        self.refuse_if_away()
        try:
            return self._split(body)
        except CosmosError as error:
            raise RefusedError(error.message, status=error.status) from error
        except sqlite3.Error as error:
            raise RefusedError(DISK_FULL if is_full(error) else str(error), status=507) from error

    def _split(self, entry: object) -> dict[str, object]:
        wanted = entry if isinstance(entry, dict) else {}
        database, container, partition = (wanted.get(name) for name in ("database", "container", "range"))
        if not isinstance(database, str) or not isinstance(container, str) or not isinstance(partition, str | None):
            raise RefusedError("expected the names of a database and a container, and perhaps the id of a range")
        halves = self.server.account.split(database, container, partition)
        return {"ranges": [{"id": half.id, "minInclusive": half.start, "maxExclusive": half.end} for half in halves]}


def part(inputs: Inputs) -> CosmosPart:
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
    return CosmosPart(COSMOS, server, serving, data_dir=options.data_dir, counters=counters, faults=faults)
