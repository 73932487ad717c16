"""The Blob emulator: an HTTP server in front of a store."""

import collections
import itertools
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from quartet_emulators.blob.admission import Admission
from quartet_emulators.blob.authorisation import ACCOUNT_KEY, ACCOUNT_NAME
from quartet_emulators.blob.blocks import SIZE_LIMIT
from quartet_emulators.blob.call import Call, Target, parse_query, parse_target
from quartet_emulators.blob.dates import http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.failing import Failing
from quartet_emulators.blob.routing import UNSUPPORTED_NAME, Operation, caller, counted_name, find_operation
from quartet_emulators.blob.store import BlobStore
from quartet_emulators.disk import DISK_FULL, is_full
from quartet_emulators.faults import NO_FAULTS, Injector
from quartet_emulators.http_log import http_logger
from quartet_emulators.http_request import new_request
from quartet_emulators.security import OPEN, Security

log = logging.getLogger(__name__)

API_VERSION = "2019-07-07"  # what is said to a client that names no version: the checkpoint store's
WILDCARD_HOSTS = {"", "0.0.0.0", "::"}  # noqa: S104  # compared with, not listened on
SHUTDOWN_TIMEOUT = 1.0  # seconds for requests in progress


class BlobEmulator:
    """Azure Blob Storage for one account, as far as the checkpoint store and plain block blobs go.

    Args:
        data_dir: where `blob.sqlite3` is kept.
        host: the address to listen on.
        port: 0 takes a free one; after `start`, the attribute `port` has it.
        counters: one more in `(agent, operation)` for every request; the agent is what the application put
            before the SDK's part of the User-Agent.
        clock: seconds since the epoch; signed dates and modification times are measured by it.
        faults: those to inject.
        security: how it is entered.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        counters: collections.Counter[tuple[str, str]] | None = None,
        clock: Callable[[], float] = time.time,
        faults: Injector = NO_FAULTS,
        security: Security = OPEN,
    ) -> None:
        self.host = host
        self.port = port
        self.counters = counters if counters is not None else collections.Counter()
        self._data_dir = data_dir
        self._faults = faults
        self._failing = Failing(faults)
        self._clock = clock
        self._security = security
        self._store: BlobStore | None = None
        self._runner: web.ServerRunner | None = None
        self._request_ids = (f"{secrets.token_hex(8)}-{number:08x}" for number in itertools.count(1))

    @property
    def connection_string(self) -> str:
        """What the Azure SDKs connect with."""
        return (
            f"DefaultEndpointsProtocol={self._security.http};AccountName={ACCOUNT_NAME};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint={self.account_url};"
        )

    @property
    def account_url(self) -> str:
        """Where the account is reached."""
        host = "127.0.0.1" if self.host in WILDCARD_HOSTS else self.host
        return f"{self._security.http}://{host}:{self.port}/{ACCOUNT_NAME}"

    async def start(self) -> None:
        """Open the store and listen.

        Raises:
            OSError: the port is taken, or the address is not of this machine.
            sqlite3.DatabaseError: the data file is not a database.
            ValueError: the data file is of another version.
        """
        self._store = BlobStore(self._data_dir / "blob.sqlite3")
        # Content-Encoding is the client's business: the bytes are kept as they come.
        logger = http_logger("quartet_emulators.blob.http")
        server = web.Server(
            self._answer,
            request_factory=partial(new_request, client_max_size=SIZE_LIMIT),
            access_log=None,
            auto_decompress=False,
            logger=logger,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_TIMEOUT)
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, self.host, self.port, ssl_context=self._security.tls).start()
        except BaseException:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    def drop_connections(self) -> None:
        """Drop every connection without an answer, as a failing network would."""
        server = self._runner.server if self._runner else None
        for connection in server.connections if server else []:
            if connection.transport is not None:
                connection.transport.abort()

    async def stop(self) -> None:
        """Stop listening and close the store. Does nothing if it is not running."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._store is not None:
            self._store.close()
            self._store = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        request_id = next(self._request_ids)
        now = self._clock()
        try:
            response = await self._handle(request, now)
        except BlobError as error:
            response = self._refusal(request, error, request_id, now)
        except (ConnectionError, TimeoutError):
            raise
        except sqlite3.Error as error:
            response = self._refusal(request, _not_written(request, error), request_id, now)
        except Exception:  # whatever it is, the client gets an answer that its SDK can read
            log.exception("%s %s failed", request.method, request.raw_path)
            response = self._refusal(request, BlobError(ErrorCode.INTERNAL_ERROR), request_id, now)
        response.headers["x-ms-request-id"] = request_id
        response.headers["x-ms-version"] = _echo(request, "x-ms-version") or API_VERSION
        response.headers["Date"] = http_date(now)
        response.headers["Server"] = "Quartet-Blob-Emulator"
        if client_request_id := _echo(request, "x-ms-client-request-id"):
            response.headers["x-ms-client-request-id"] = client_request_id
        return response

    async def _handle(self, request: web.BaseRequest, now: float) -> web.Response:
        path, _, query_text = request.raw_path.partition("?")
        query = parse_query(query_text)
        single = {name: values[0] for name, values in query.items()}
        target = parse_target(path)
        operation = self._find_and_count(request, target, single)
        if self._store is None:
            raise ConnectionResetError("the emulator is stopping")
        admission = Admission(self._store, self._security, now)
        admission.check(operation.name, request.method, path, target, query, headers=request.headers)
        if target.account != ACCOUNT_NAME:
            raise BlobError(ErrorCode.RESOURCE_NOT_FOUND, f"the emulator's account is {ACCOUNT_NAME}")
        body = await _read_body(request)
        if self._store is None:  # it ended while the body was read
            raise ConnectionResetError("the emulator is stopping")
        host = request.headers.get("Host", f"{self.host}:{self.port}")
        base_url = f"{self._security.http}://{host}/{ACCOUNT_NAME}"
        call = Call(self._store, request.method, target, single, request.headers, body, now, base_url, admission)
        if not self._faults.rules:
            return operation.run(call)
        response = await self._failing.run(operation, call, caller(request.headers.get("User-Agent", "")))
        if response is None and request.transport is not None:
            request.transport.abort()
        return response or web.Response()

    def _find_and_count(self, request: web.BaseRequest, target: Target, query: dict[str, str]) -> Operation:
        agent = caller(request.headers.get("User-Agent", ""))
        try:
            operation = find_operation(request.method, target, query, headers=request.headers)
        except BlobError:
            self.counters[agent, UNSUPPORTED_NAME] += 1
            raise
        self.counters[agent, counted_name(operation, target)] += 1
        return operation

    def _refusal(self, request: web.BaseRequest, error: BlobError, request_id: str, now: float) -> web.Response:
        if error.error is ErrorCode.NOT_IMPLEMENTED:
            log.warning("not supported: %s %s (%s)", request.method, request.raw_path, error.detail)
        headers = error.headers | {"x-ms-error-code": error.error.code}
        if error.error.status == 304 or request.method == "HEAD":  # noqa: PLR2004  # both have no body
            return web.Response(status=error.error.status, headers=headers)
        headers["Content-Type"] = "application/xml"
        body = error.document(request_id, http_date(now))
        return web.Response(status=error.error.status, headers=headers, body=body)


def _not_written(request: web.BaseRequest, error: sqlite3.Error) -> BlobError:
    """What an error of the store is answered with: 403 if the disk is full, as clients repeat what is a 500."""
    if is_full(error):
        log.error("%s %s is refused with 403: the disk is full", request.method, request.raw_path)
        return BlobError(ErrorCode.INSUFFICIENT_ACCOUNT_PERMISSIONS, DISK_FULL)
    log.error("%s %s failed", request.method, request.raw_path, exc_info=error)
    return BlobError(ErrorCode.INTERNAL_ERROR)


def _echo(request: web.BaseRequest, name: str) -> str | None:
    """A header to send back; None if it is missing or not the text that HTTP allows."""
    value = request.headers.get(name)
    return value if value is not None and value.isascii() else None


async def _read_body(request: web.BaseRequest) -> bytes:
    if not request.can_read_body:
        return b""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > SIZE_LIMIT:
            raise BlobError(ErrorCode.REQUEST_BODY_TOO_LARGE, "this emulator takes up to 256 MiB in one request")
    return bytes(body)
