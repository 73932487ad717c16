"""The emulator as a server: HTTP in, HTTP out."""

import asyncio
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from quartet_emulators.cosmos.exchange import Answer, Call, segments_of
from quartet_emulators.cosmos.resources.account import Account
from quartet_emulators.cosmos.wire.authorisation import WELL_KNOWN_KEY
from quartet_emulators.cosmos.wire.dispatch import Dispatcher
from quartet_emulators.cosmos.wire.failing import Failing
from quartet_emulators.cosmos.wire.plain_http import Answering, PlainHttp
from quartet_emulators.faults import NO_FAULTS, Injector
from quartet_emulators.http_log import http_logger
from quartet_emulators.http_request import new_request
from quartet_emulators.security import OPEN, Security

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Far above the service's limits, so that what exceeds those is read and answered with 413, not cut off."""

STOP_SECONDS: Final = 1.0
"""How long a stop waits for requests in progress, which take a millisecond, and for clients that do not read."""

_LOGGER: Final = "quartet_emulators.cosmos.http"
_log: Final = logging.getLogger("quartet_emulators.cosmos")


class CosmosEmulator:
    """Azure Cosmos DB for NoSQL on a port of this machine.

    Args:
        data_dir: Where ``cosmos.db`` lies or will lie.
        host: The address to bind.
        port: The port to bind, 0 for any free one.
        counters: Counts requests by agent and operation; the agent is what the client was given as ``user_agent``.
        charged: Sums up request units in the same way.
        clock: Seconds since the epoch, for time stamps and time to live.
        faults: Those to inject.
        security: How it is entered.
        advertised: The address that the account names as its own; None means the one at which a client asks.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        counters: Counter[tuple[str, str]] | None = None,
        charged: dict[tuple[str, str], float] | None = None,
        clock: Callable[[], float] = time.time,
        faults: Injector = NO_FAULTS,
        security: Security = OPEN,
        advertised: str | None = None,
    ) -> None:
        self.host = host
        self._data_dir = data_dir
        self._faults = faults
        self._port = port
        self._counters: Counter[tuple[str, str]] = Counter() if counters is None else counters
        self._charged: dict[tuple[str, str], float] = {} if charged is None else charged
        self._clock = clock
        self._security = security
        self._advertised = advertised
        self._account: Account | None = None
        self._listening: asyncio.Server | None = None
        self._runner: web.ServerRunner | None = None
        self._dispatcher: Dispatcher | None = None
        self._failing: Failing | None = None
        self._building: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Task[Answer]] = set()

    @property
    def port(self) -> int:
        """The port, once started the one that was bound."""
        return self._port

    @property
    def connection_string(self) -> str:
        """What a client connects with."""
        return f"AccountEndpoint={self.endpoint};AccountKey={WELL_KNOWN_KEY};"

    @property
    def endpoint(self) -> str:
        """Where it is reached."""
        return f"{self._security.http}://{self.host}:{self._port}/"

    @property
    def account(self) -> Account:
        """What the running emulator holds.

        Raises:
            RuntimeError: If it is not running.
        """
        if self._account is None:
            msg = "the emulator is not running"
            raise RuntimeError(msg)
        return self._account

    async def start(self) -> None:
        """Load the data and listen.

        Raises:
            OSError: If the port is taken.
            StorageError: If the data directory cannot be used.
        """
        account = Account(self._data_dir)
        server = web.Server(
            self._handle,
            request_factory=partial(new_request, client_max_size=MAX_BODY_BYTES),
            access_log=None,
            logger=http_logger(_LOGGER),
        )
        runner = web.ServerRunner(server, shutdown_timeout=STOP_SECONDS)
        try:
            await runner.setup()
            self._listening = await asyncio.get_running_loop().create_server(
                lambda: PlainHttp(server(), self._answer_plain, self._security.http),
                *(self.host, self._port),
                ssl=self._security.tls,
            )
        except BaseException:
            await runner.cleanup()
            account.close()
            raise
        self._port = int(self._listening.sockets[0].getsockname()[1])
        self._account, self._runner = account, runner
        self._dispatcher = Dispatcher(
            account, self._counters, self._clock, self._security.tokens, self._charged, advertised=self._advertised
        )
        self._failing = Failing(self._dispatcher, account, self._faults, self._clock)

    def drop_connections(self) -> None:
        """Drop every connection without an answer, as a failing network would."""
        server = self._runner.server if self._runner else None
        for connection in server.connections if server else []:
            if connection.transport is not None:
                connection.transport.abort()

    async def stop(self) -> None:
        """Finish the requests in progress, close all connections and the data file. Does nothing if not started."""
        if self._listening is not None:
            self._listening.close()
        if self._reading:
            await asyncio.wait(self._reading, timeout=STOP_SECONDS)
        if self._runner is not None:
            await self._runner.cleanup()
        if self._building is not None:
            self._building.cancel()
        if self._account is not None:
            self._account.close()
        self._listening = self._runner = self._account = self._dispatcher = self._failing = self._building = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """What is not plain passes here: entered, answered, sent. Injected faults strike between these three steps."""
        call = await _enter(request)
        if isinstance(call, Answer):
            return _leave(call)
        if self._faults.rules and self._failing is not None:
            answer = await self._failing.answer(call)
            if answer is None and request.transport is not None:
                request.transport.abort()
            return _leave(answer or Answer(HTTPStatus.SERVICE_UNAVAILABLE))
        if self._dispatcher is None or not self._dispatcher.takes_long(call):
            return _leave(self._answer(call))
        return _leave(await self._read_aside(call, self._dispatcher))

    def _answer_plain(self, call: Call) -> Answering | None:
        """Faults need time: while there are any, no request is answered when it arrives."""
        if self._faults.rules:
            return None
        if self._dispatcher is not None and self._dispatcher.takes_long(call):
            reading = asyncio.create_task(self._read_aside(call, self._dispatcher))
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)
            return reading
        try:
            return _completed(self._answer(call))
        except Exception:  # noqa: BLE001 - as aiohttp does: a bug costs one request, not the connection
            return _failed()

    async def _read_aside(self, call: Call, dispatcher: Dispatcher) -> Answer:
        try:
            answer = await dispatcher.answer_in_time(call)
        except Exception:  # noqa: BLE001 - the same
            return _failed()
        self._continue_building()
        return _completed(answer)

    def _continue_building(self) -> None:
        """Build the indexes that a query has asked for, in steps that other requests come between."""
        if self._building is None or self._building.done():
            self._building = asyncio.create_task(self._build_indexes())

    async def _build_indexes(self) -> None:
        try:
            for _ in iter(lambda: self._dispatcher is not None and self._dispatcher.build_indexes(), False):
                await asyncio.sleep(0)
        except sqlite3.Error as error:
            _log.warning("an index is not built for now: %s", error)

    def _answer(self, call: Call) -> Answer:
        if self._dispatcher is None:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE)
        return self._dispatcher.answer(call)


async def _enter(request: web.BaseRequest) -> Call | Answer:
    """Read a request, or refuse one whose body is beyond all limits."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        message = b'{"code":"RequestEntityTooLarge","message":"Request size is too large."}'
        return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
    headers = request.headers
    return Call(request.method, segments_of(request.raw_path), headers, body, headers.get("host", ""), request.scheme)


def _failed() -> Answer:
    http_logger(_LOGGER).exception("request failed")
    return Answer(HTTPStatus.INTERNAL_SERVER_ERROR)


def _completed(answer: Answer) -> Answer:
    """An answer with the headers that all of them have."""
    answer.headers["content-type"] = "application/json"
    answer.headers["x-ms-version"] = "2018-12-31"
    return answer


def _leave(answer: Answer) -> web.Response:
    """Turn an answer into an HTTP response."""
    _completed(answer)
    return web.Response(status=answer.status, body=answer.body or None, headers=answer.headers)
