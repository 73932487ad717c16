"""From a request to its answer: authorisation, routing, counting, and errors turned into answers."""

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from quartet_emulators.cosmos import charges
from quartet_emulators.cosmos.errors import CosmosError, UnsupportedError, not_written, unsupported
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import encode
from quartet_emulators.cosmos.reading.pages import prepare_query
from quartet_emulators.cosmos.reading.ranges import session_headers
from quartet_emulators.cosmos.resources.account import Account
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.storage.disk_items import DiskItems
from quartet_emulators.cosmos.wire import authorisation, metadata
from quartet_emulators.cosmos.wire.agents import agent_of
from quartet_emulators.cosmos.wire.items import ITEM_OPERATIONS, PAGES, answer_items, delete_partition, feed_operation
from quartet_emulators.cosmos.wire.partition_feed import ranges_answer
from quartet_emulators.tokens import TokenCheck

logger = logging.getLogger("quartet_emulators.cosmos")

DATABASE_FEED: Final = 1
DATABASE: Final = 2
CONTAINER_FEED: Final = 3
CONTAINER: Final = 4
CHILD_FEED: Final = 5
CHILD: Final = 6
_SWEEP_SECONDS: Final = 30.0
_LARGE: Final = 500
"""A container with this many items is read in a thread. With fewer, that takes longer than the answer."""


class Dispatcher:
    """Answers calls, one after the other; every call is atomic because nothing in here waits."""

    def __init__(
        self,
        account: Account,
        counters: Counter[tuple[str, str]],
        clock: Callable[[], float],
        tokens: TokenCheck | None = None,
        charged: dict[tuple[str, str], float] | None = None,
        *,
        advertised: str | None = None,
    ) -> None:
        self._account = account
        self._counters = counters
        self._charged = {} if charged is None else charged
        self._clock = clock
        self._tokens = tokens
        self._advertised = advertised

    def answer(self, call: Call) -> Answer:
        """Answer a call, in any case."""
        operation = operation_of(call)
        key = agent_of(call.headers.get("user-agent")), operation
        self._counters[key] += 1
        answer = self.carry_out(call, operation)
        self._charge(key, answer)
        return answer

    def takes_long(self, call: Call) -> bool:
        """Whether a call may have to look at much: it needs :meth:`answer_in_time` then."""
        segments = call.segments
        if len(segments) != CHILD_FEED or segments[4] != "docs" or operation_of(call) not in PAGES:
            return False
        try:
            return self._account.container(segments[1], segments[3]).count >= _LARGE
        except CosmosError:
            return False

    async def answer_in_time(self, call: Call) -> Answer:
        """Answer a call; what may look at much in a thread, from what is committed when it begins."""
        if not self.takes_long(call):
            return self.answer(call)
        operation = operation_of(call)
        key = agent_of(call.headers.get("user-agent")), operation
        self._counters[key] += 1
        answer = self._guarded(call, partial(self._prepare, call, operation))
        if answer.status == HTTPStatus.OK:
            reading = partial(self._guarded, call, partial(self._read_aside, call, operation))
            answer = await asyncio.get_running_loop().run_in_executor(self._account.readers.threads, reading)
        self._charge(key, answer)
        return answer

    def build_indexes(self) -> bool:
        """Take a step in building indexes; returns whether there is more to do."""
        containers = [found for database in self._account.databases.values() for found in database.containers.values()]
        for container in containers:
            if isinstance(container.items, DiskItems) and container.items.indexes.build():
                return True
        return False

    def refuse(self, call: Call, error: CosmosError) -> Answer:
        """Count a call and answer it with an error that has nothing to do with what it asks."""
        self._counters[agent_of(call.headers.get("user-agent")), operation_of(call)] += 1
        return error_answer(call, error)

    def carry_out(self, call: Call, operation: str) -> Answer:
        """Answer a call without counting it."""
        return self._guarded(call, partial(self._route, call, operation))

    def _guarded(self, call: Call, act: Callable[[], Answer]) -> Answer:
        """Whatever happens becomes an answer."""
        try:
            authorisation.check(call.method, call.segments, call.headers, self._tokens, self._clock())
            answer = act()
        except CosmosError as error:
            answer = error_answer(call, error)
        except sqlite3.Error as error:
            answer = error_answer(call, not_written(error))
        except RecursionError:
            answer = error_answer(call, CosmosError(HTTPStatus.BAD_REQUEST, "The request is nested too deeply."))
        activity = call.headers.get("x-ms-activity-id", "")
        if activity.isascii():
            answer.headers["x-ms-activity-id"] = activity
        return answer

    def _route(self, call: Call, operation: str) -> Answer:
        segments = call.segments
        if not segments:
            return metadata.account_answer(call, self._advertised)
        if segments[0] == "offers" and len(segments) <= DATABASE:
            return metadata.offers_answer(self._account, call, self._clock())
        if segments[0] != "dbs":
            raise unsupported(f"{call.method} on /{'/'.join(segments)}")
        if len(segments) <= CONTAINER:
            return self._route_metadata(call)
        container = self._account.container(segments[1], segments[3], owner=True)
        metadata.check_container_id(container, call)
        return self._route_child(container, call, operation)

    def _route_child(self, container: Container, call: Call, operation: str) -> Answer:
        segments = call.segments
        kind = segments[4]
        if kind == "docs" and len(segments) <= CHILD:
            return self._answer_items(container, call, operation)
        if kind == "pkranges" and len(segments) == CHILD_FEED:
            return ranges_answer(container, call)
        if segments[4:] == ["operations", "partitionkeydelete"]:
            return delete_partition(container, call, self._clock())
        if kind in metadata.NEVER_IN_CONTAINERS and len(segments) <= CHILD:
            return metadata.absent_answer(call, metadata.NEVER_IN_CONTAINERS[kind], container.rid_text)
        raise unsupported(f"{call.method} on /{'/'.join(segments[4:])} of a container")

    def _route_metadata(self, call: Call) -> Answer:
        now = self._clock()
        length = len(call.segments)
        if length == DATABASE_FEED:
            return metadata.databases_answer(self._account, call, now)
        if length == DATABASE:
            return metadata.database_answer(self._account, call)
        if call.segments[2] != "colls":
            database = self._account.database(call.segments[1], owner=True)
            if call.segments[2] == "users":
                return metadata.absent_answer(call, "Users", database.rid_text)
            raise unsupported(f"{call.method} on /{'/'.join(call.segments[2:])} of a database")
        if length == CONTAINER_FEED:
            return metadata.containers_answer(self._account, call, now)
        return metadata.container_answer(self._account, call, now)

    def _answer_items(self, container: Container, call: Call, operation: str) -> Answer:
        now = self._clock()
        self._sweep(container, now)
        if operation == "query":
            prepare_query(container, call)
        return self._with_session(container, call, answer_items(container, call, operation, now))

    def _prepare(self, call: Call, operation: str) -> Answer:
        """What a call needs of the thread that writes, before it is read aside."""
        container = self._account.container(call.segments[1], call.segments[3])
        self._sweep(container, self._clock())
        if operation == "query":
            prepare_query(container, call)
        return Answer(HTTPStatus.OK)

    def _charge(self, key: tuple[str, str], answer: Answer) -> None:
        self._charged[key] = self._charged.get(key, 0.0) + float(answer.headers.get("x-ms-request-charge", 0))

    def _read_aside(self, call: Call, operation: str) -> Answer:
        container = self._account.container(call.segments[1], call.segments[3])
        metadata.check_container_id(container, call)
        with self._account.readers.snapshot() as db:
            seen = container.seen_through(DiskItems(db, container.key))
            return self._with_session(seen, call, answer_items(seen, call, operation, self._clock()))

    def _with_session(self, container: Container, call: Call, answer: Answer) -> Answer:
        headers = answer.headers
        headers.update(session_headers(container, call))
        headers["lsn"] = str(container.lsn)
        if call.host.isascii():
            headers["content-location"] = f"{call.scheme}://{call.host}/{_quoted('/'.join(call.segments))}"
        headers["x-ms-alt-content-path"] = container.path
        return answer

    def _sweep(self, container: Container, now: float) -> None:
        """Delete what has expired, now and then and if the disk allows; no read shows it either way."""
        if container.default_ttl is None or now < container.swept_at + _SWEEP_SECONDS:
            return
        container.swept_at = now
        try:
            container.remove_expired(now)
        except sqlite3.Error as error:
            logger.warning("expired items stay on the disk for now: %s", error)


@lru_cache(maxsize=256)
def _quoted(path: str) -> str:
    return quote(path, errors="replace")


def operation_of(call: Call) -> str:
    """The word under which a request is counted."""
    segments = call.segments
    if len(segments) < CHILD_FEED or segments[4] != "docs":
        known = len(segments) <= CONTAINER or segments[4] == "pkranges"
        return "metadata" if known else "unsupported"
    if len(segments) == CHILD_FEED:
        return feed_operation(call)
    return ITEM_OPERATIONS.get(call.method, "unsupported")


def error_answer(call: Call, error: CosmosError) -> Answer:
    """Put an error into words that clients understand."""
    if isinstance(error, UnsupportedError):
        logger.warning("unsupported: %s /%s: %s", call.method, "/".join(call.segments), error.message)
    headers = {"x-ms-request-charge": str(charges.FAILED)}
    if error.substatus:
        headers["x-ms-substatus"] = str(error.substatus)
    body = {"code": error.code, "message": error.message.encode("utf-8", "replace").decode()}
    if error.additional is not None:
        body["additionalErrorInfo"] = error.additional
    return Answer(error.status, encode(body), headers)
