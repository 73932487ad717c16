"""Reading the documents of the services: all of them. One that could not be read never counts as absent.

A document that this release cannot read is noted with its place and its problem, and all others are read.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from azure.core.exceptions import HttpResponseError
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from pydantic import ValidationError

from quartet.azure.cosmos.client import OWNER_MISSING, outages
from quartet.azure.cosmos.stored_letters import UnreadableLetterError
from quartet.cli.reading.connection import Cosmos
from quartet.engine.declaration.participant import Participant
from quartet.engine.errors import OutageError, one_line
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Json, Record
from quartet.events import bucket_of, explain
from quartet.terminal.user_error import UserError

T = TypeVar("T")
S = TypeVar("S")

PAGE: Final = 1000
"""The largest number of documents that a request for rows gets."""


class MissingError(UserError):
    """A database or container is missing, so its content is unknown."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"Cosmos DB has no database or container {place}, so nothing is known about it: "
            "start the services, which create it; or check COSMOS_CONNECTION_STRING or COSMOS_ENDPOINT"
        )


class UnreadableError(Exception):
    """A document says something that this release does not know. The message says what."""


@dataclass(frozen=True, slots=True)
class Unparsed:
    """A stored document that this release cannot read.

    Attributes:
        place: its database and container: `hotels/bookings`.
        id: its id.
        problem: why it cannot be read, on one line.
    """

    place: str
    id: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}/{self.id}: {self.problem}"


class Stored:
    """Reads documents of the services.

    Attributes:
        unparsed: the documents that could not be read, in the order in which they were met.
    """

    def __init__(self, cosmos: Cosmos, page: int = PAGE) -> None:
        """Read with at most `page` documents per request; that changes nothing of what is found."""
        self.cosmos = cosmos
        self.unparsed: list[Unparsed] = []
        self._page = page
        self._known: set[str] = set()

    async def rows(
        self,
        participant: Participant[Any, Any],
        container: str,
        parse: Callable[[Json], T],
        *,
        where: str = "true",
        parameters: Mapping[str, object] | None = None,
        bucket: str | None = None,
    ) -> AsyncIterator[T]:
        """Every document that `where` is true of, parsed; with `bucket`, of this logical partition alone.

        Whole documents are read: a projection would hide what is missing in one.

        Raises:
            MissingError: there is no such database or container.
            OutageError: Cosmos DB did not answer.
        """
        place = f"{participant.database}/{container}"
        named = [{"name": f"@{name}", "value": value} for name, value in (parameters or {}).items()]
        options: dict[str, Any] = {} if bucket is None else {"partition_key": bucket}
        query = f"SELECT * FROM c WHERE {where}"  # noqa: S608 -- the conditions are constants
        proxy = self.cosmos.container(participant, container)
        pages = proxy.query_items(query, parameters=named, max_item_count=self._page, **options)
        with looking_into(place):
            async for document in pages:
                for parsed in self._parsed(place, document, parse):
                    yield parsed

    async def records(
        self, participant: Participant[S, Any], *, where: str = "true", parameters: Mapping[str, object] | None = None
    ) -> AsyncIterator[Record[S]]:
        """The records of a service that this release can read. Raises as `rows` does."""
        parse = _record_parser(participant)
        async for record in self.rows(participant, participant.container, parse, where=where, parameters=parameters):
            yield record

    async def record(self, participant: Participant[S, Any], saga_id: str) -> Record[S] | None:
        """A service's record of one saga; None if there is none, or it cannot be read. Raises as `rows`."""
        return await self.item(participant, participant.container, saga_id, saga_id, _record_parser(participant))

    async def check_there(self, participant: Participant[Any, Any], container: str) -> None:
        """Check that a container exists. Raises as `rows` does."""
        place = f"{participant.database}/{container}"
        if place not in self._known:
            with looking_into(place):
                await self.cosmos.container(participant, container).read()
        self._known.add(place)

    async def item(
        self,
        participant: Participant[Any, Any],
        container: str,
        document_id: str,
        saga_id: str,
        parse: Callable[[Json], T],
    ) -> T | None:
        """One document of a saga; None if there is none, or it cannot be read. Raises as `rows` does."""
        place = f"{participant.database}/{container}"
        proxy = self.cosmos.container(participant, container)
        with looking_into(place):
            try:
                document = await proxy.read_item(
                    document_id, partition_key=bucket_of(saga_id, self.cosmos.settings.buckets)
                )
            except CosmosResourceNotFoundError:
                # The same status says that the container is missing, and not every server says which.
                await self.check_there(participant, container)
                return None
        return next(iter(self._parsed(place, document, parse)), None)

    def _parsed(self, place: str, document: Json, parse: Callable[[Json], T]) -> tuple[T, ...]:
        """The content of the document, in a tuple; an empty tuple if it cannot be read, which is noted."""
        try:
            return (parse(document),)
        except (UnreadableError, UnreadableLetterError) as error:
            problem = str(error)
        except ValidationError as error:
            problem = explain(error)
        except KeyError as error:
            problem = f"{error.args[0]}: is missing"
        except Exception as error:  # noqa: BLE001 -- a document may hold anything, and the rest is to be read
            problem = one_line(error)
        unparsed = Unparsed(place, str(document.get("id", "?")), problem)
        if unparsed not in self.unparsed:
            self.unparsed.append(unparsed)
        return ()


def _record_parser(participant: Participant[S, Any]) -> Callable[[Json], Record[S]]:
    codec = RecordCodec(participant.state)

    def parse(document: Json) -> Record[S]:
        record = codec.decode(document)
        if record.foreign is not None:
            raise UnreadableError(record.foreign.problem)
        return record

    return parse


def among(saga_ids: Collection[str] | None, field: str = "id") -> dict[str, Any]:
    """The condition of a query for the documents of these sagas, as arguments of `Stored.rows`; of all, if None.

    Args:
        saga_ids: a few hundred at most.
        field: in which a document says whose it is; in a record it is the id.
    """
    if saga_ids is None:
        return {}
    return {"where": f"ARRAY_CONTAINS(@sagas, c.{field})", "parameters": {"sagas": sorted(saga_ids)}}


def unparsed_json(unparsed: Sequence[Unparsed]) -> list[dict[str, str]]:
    """For programs."""
    return [{"document": f"{one.place}/{one.id}", "problem": one.problem} for one in unparsed]


@contextmanager
def looking_into(place: str) -> Iterator[None]:
    """Say that it is the place that is missing, or the server that is away or refuses."""
    try:
        with outages():
            yield
    except OutageError as error:
        if getattr(error.__cause__, "sub_status", None) == OWNER_MISSING:
            raise MissingError(place) from error
        raise
    except CosmosResourceNotFoundError as error:
        raise MissingError(place) from error
    except HttpResponseError as error:
        raise OutageError(f"Cosmos DB refuses to show {place}: status {error.status_code}") from error
