"""Plain requests, answered when they arrive. What is not plain is left to aiohttp.

aiohttp makes a task for every request, which costs about as much CPU as the answer itself. The Cosmos DB clients send
each request in one piece and wait for its answer. Such a request needs no task.
"""

import asyncio
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from aiohttp.http import SERVER_SOFTWARE

from quartet_emulators.cosmos.exchange import Answer, Call, segments_of

_REQUEST: Final = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (/[!-\"$-~]*) HTTP/1\.1\r\n")
_HEADER: Final = re.compile(r"([A-Za-z0-9-]+): ([ -~]*)\r\n")
_LONGEST_HEAD: Final = 8 * 1024
_MOST_HEADERS: Final = 64
_NOT_PLAIN: Final = frozenset({"connection", "content-encoding", "expect", "transfer-encoding", "upgrade"})
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_LENGTH: Final = frozenset({HTTPStatus.NO_CONTENT.value, HTTPStatus.NOT_MODIFIED.value})

Answering = Answer | asyncio.Task[Answer]
"""An answer, or one that is under way; the task has no exception."""


class PlainHttp(asyncio.Protocol):
    """One connection.

    Plain is a whole request of HTTP/1.1 in one piece, of printable ASCII up to its body, without anything that changes
    how its body or the connection is read. From the first other request on, aiohttp has the connection to itself.

    Args:
        rest: aiohttp's protocol, which gets everything but the plain requests.
        answer: answers a request immediately or in a task, or leaves it to aiohttp with `None`.
        scheme: of the URL.
    """

    def __init__(self, rest: asyncio.Protocol, answer: Callable[[Call], Answering | None], scheme: str) -> None:
        self._rest = rest
        self._answer = answer
        self._scheme = scheme
        self._handed_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server makes no other
        self._transport = transport
        self._rest.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._rest.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer a plain request; hand over at any other. Nothing is read while an answer is under way."""
        if not self._handed_over:
            answer = self._answered(data)
            if isinstance(answer, Answer):
                self._transport.write(response(answer))
                return
            if answer is not None:
                self._transport.pause_reading()
                answer.add_done_callback(self._answer_later)
                return
            self._handed_over = True
        self._rest.data_received(data)

    def eof_received(self) -> bool | None:
        """The client sends no more."""
        return self._rest.eof_received()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        self._rest.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._rest.resume_writing()

    def _answer_later(self, task: asyncio.Task[Answer]) -> None:
        if task.cancelled():
            self._transport.abort()
        if self._transport.is_closing():
            return
        self._transport.write(response(task.result()))
        self._transport.resume_reading()

    def _answered(self, data: bytes) -> Answering | None:
        # aiohttp holds back a client that does not read its answers. It also closes what is being closed.
        if self._transport.is_closing() or self._transport.get_write_buffer_size():
            return None
        call = plain_request(data, self._scheme)
        return None if call is None else self._answer(call)


def plain_request(data: bytes, scheme: str) -> Call | None:
    """The request that these bytes are, or `None` if they are not one plain request."""
    first = _REQUEST.match(data)
    end = data.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
    if first is None or end < 0:
        return None
    text = data[first.end() : end + 2].decode("latin-1")
    lines = _HEADER.findall(text)
    headers = {name.lower(): value.strip() for name, value in lines}
    understood = sum([len(name) + len(value) + 4 for name, value in lines])
    if understood != len(text) or len(headers) != len(lines) or len(lines) > _MOST_HEADERS:
        return None  # something between the headers, or one of them twice
    length = headers.get("content-length", "0")
    body = data[end + 4 :]
    if length != str(len(body)) or "host" not in headers or not _NOT_PLAIN.isdisjoint(headers):
        return None
    return Call(first[1].decode(), segments_of(first[2].decode()), headers, body, headers["host"], scheme)


def response(answer: Answer) -> bytes:
    """An answer as it goes over the wire."""
    lines = [f"{name}: {value}\r\n" for name, value in answer.headers.items()]
    length = "" if answer.status in _WITHOUT_LENGTH else f"Content-Length: {len(answer.body)}\r\n"
    first = f"HTTP/1.1 {int(answer.status)} {_REASONS.get(answer.status, '')}\r\n"
    return f"{first}{''.join(lines)}{length}{_closing_lines(int(time.time()))}".encode() + answer.body


@lru_cache(maxsize=1)
def _closing_lines(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\n\r\n"
