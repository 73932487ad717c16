"""What the participants have stored of one saga: read once for a look, however many parts of the page need it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from quartet.choreography import Choreography
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import MissingError, Stored
from quartet.console.door import Door
from quartet.console.views import Unknown
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.engine.records.record import Record

_SECONDS: Final = 10
"""The longest that a person waits for the state of one participant."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What one participant has stored: its record, None if there is none; or why that is not known."""

    record: Record[Any] | None
    problem: str = ""


Reading: TypeAlias = "asyncio.Future[Mapping[str, StoredRecord] | Unknown]"
"""The records of one look, by participant. Each part of the look awaits the same future."""


class StoredRecords:
    """See `Records`: asks each participant's store for one document."""

    def __init__(self, app: Choreography, door: Door) -> None:
        self._app = app
        self._door = door

    async def of(self, saga_id: str) -> Mapping[str, StoredRecord] | Unknown:
        """See `Records.of`."""
        try:
            cosmos = await self._door.cosmos()
        except (OutageError, ConfigurationError) as error:
            return Unknown(problem=str(error))
        found = await asyncio.gather(*(self._stored(cosmos, one.name, saga_id) for one in self._app))
        return dict(zip(self._app.names, found, strict=True))

    async def _stored(self, cosmos: Cosmos, name: str, saga_id: str) -> StoredRecord:
        reading = Stored(cosmos)
        try:
            async with asyncio.timeout(stretched(_SECONDS)):
                record = await reading.record(self._app.participant(name), saga_id)
        except (OutageError, MissingError) as error:
            return StoredRecord(None, str(error))
        except TimeoutError:
            return StoredRecord(None, "Cosmos DB does not answer in time")
        return StoredRecord(record, reading.unparsed[0].problem if reading.unparsed else "")
