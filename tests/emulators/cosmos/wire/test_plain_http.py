"""A plain request is answered when it arrives, with the bytes that aiohttp would send. All others are aiohttp's."""

import asyncio
import json
import re

import pytest
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.wire.dispatch import Dispatcher
from quartet_emulators.cosmos.wire.plain_http import Answering, PlainHttp, plain_request

from quartet.engine.failures.timeouts import stretched
from tests.emulators.cosmos.direct import signed

PLAIN = b"POST /dbs/a%20b/colls?x=1 HTTP/1.1\r\nHost: shop:1\r\nIF-Match:  7 \r\nContent-Length: 2\r\n\r\n{}"
AIOHTTPS_OWN = {"connection": "keep-alive"}  # a header that a plain request does not have, and that changes nothing


class Wire(asyncio.Transport):
    """What is written, and how much of it the client has not read."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.unread = 0
        self.closing = False
        self.reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.unread

    def is_closing(self) -> bool:
        return self.closing


class Rest(asyncio.Protocol):
    def __init__(self) -> None:
        self.received: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.received.append(data)


def connected(answer: Answering | None = None) -> tuple[PlainHttp, Wire, Rest]:
    wire, rest = Wire(), Rest()
    plain = PlainHttp(rest, lambda _: answer, "http")
    plain.connection_made(wire)
    return plain, wire, rest


def test_a_plain_request_is_read() -> None:
    headers = {"host": "shop:1", "if-match": "7", "content-length": "2"}
    assert plain_request(PLAIN, "https") == Call("POST", ["dbs", "a b", "colls"], headers, b"{}", "shop:1", "https")


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (b"POST", b"HEAD"),
        (b"POST", b"post"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"/dbs", b"http://shop:1/dbs"),
        (b"?x=1", b"#x"),
        (b"?x=1", b"\xc3\xbc"),
        (b"Host: shop:1\r\n", b""),
        (b"Host: shop:1\r\n", b"Host: shop:1\r\nHost: shop:1\r\n"),
        (b"Host: ", b"Host:"),
        (b"Host: ", b"Host : "),
        (b"shop:1\r\n", b"shop:1\r\n folded\r\n"),
        (b"shop:1\r\n", b"shop:1\n"),
        (b" 7 ", b" \x00 "),
        (b" 7 ", b" \xc3\xbc "),
        (b"IF-Match", b"If_Match"),
        (b"IF-Match", b"Expect"),
        (b"IF-Match", b"Connection"),
        (b"IF-Match", b"Upgrade"),
        (b"IF-Match", b"Content-Encoding"),
        (b"IF-Match", b"Transfer-Encoding"),
        (b"Length: 2", b"Length: 02"),
        (b"Length: 2", b"Length: 3"),
        (b"Content-Length: 2\r\n", b""),
        (b"{}", b"{}" + PLAIN),
        (b"\r\n\r\n{}", b"\r\n"),
        (b" 7 ", b"7" * 9000),
        (b" 7 \r\n", b" 7 \r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(100))),
    ],
)
def test_what_is_not_plain_is_left_to_aiohttp(part: bytes, other: bytes) -> None:
    assert part in PLAIN
    assert plain_request(PLAIN.replace(part, other, 1), "http") is None


def test_a_plain_request_is_answered_when_it_arrives() -> None:
    plain, wire, rest = connected(Answer(200, b"[]"))
    plain.data_received(PLAIN)
    assert [data.partition(b"\r\n")[0] for data in wire.written] == [b"HTTP/1.1 200 OK"]
    assert rest.received == []


async def test_an_answer_that_takes_time_holds_up_its_own_connection_only() -> None:
    later: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    async def answer() -> Answer:
        return await later

    plain, wire, rest = connected(asyncio.create_task(answer()))
    plain.data_received(PLAIN)
    assert (wire.written, wire.reads) == ([], False)
    later.set_result(Answer(200, b"[]"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [data.partition(b"\r\n")[0] for data in wire.written] == [b"HTTP/1.1 200 OK"]
    assert (wire.reads, rest.received) == (True, [])


async def test_a_client_that_has_gone_gets_no_late_answer() -> None:
    async def answer() -> Answer:
        return Answer(200)

    plain, wire, _ = connected(asyncio.create_task(answer()))
    plain.data_received(PLAIN)
    wire.closing = True
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert wire.written == []


def test_from_the_first_other_request_on_aiohttp_has_the_connection_to_itself() -> None:
    """It keeps what it has read of a request: bytes out of the middle of one may look plain."""
    plain, wire, rest = connected(Answer(200))
    for data in (b"POST / HT", PLAIN):
        plain.data_received(data)
    assert rest.received == [b"POST / HT", PLAIN]
    assert wire.written == []


def test_a_request_that_is_not_answered_here_is_left_to_aiohttp() -> None:
    """As with faults that take time."""
    plain, wire, rest = connected(None)
    plain.data_received(PLAIN)
    assert (rest.received, wire.written) == ([PLAIN], [])


@pytest.mark.parametrize(("unread", "closing"), [(1, False), (0, True)])
def test_a_client_that_does_not_read_or_is_leaving_is_left_to_aiohttp(unread: int, closing: bool) -> None:
    plain, wire, rest = connected(Answer(200))
    wire.unread, wire.closing = unread, closing
    plain.data_received(PLAIN)
    assert (rest.received, wire.written) == ([PLAIN], [])


async def test_the_answers_are_those_of_aiohttp(emulator: CosmosEmulator) -> None:
    """Byte for byte, but for the time and what is made for each document."""
    plain, aiohttps = [await story(emulator, name, extra) for name, extra in (("a", {}), ("b", AIOHTTPS_OWN))]
    assert plain == aiohttps
    assert [int(answer[9:12]) for answer in plain] == [201, 201, 201, 200, 304, 404, 200, 204]


async def test_a_bug_costs_one_request_and_not_the_connection(
    emulator: CosmosEmulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Dispatcher, call: Call) -> Answer:
        raise ZeroDivisionError(call.method)

    streams = await asyncio.open_connection("127.0.0.1", emulator.port)
    with monkeypatch.context() as broken:
        broken.setattr(Dispatcher, "answer", fail)
        assert (await ask(streams, "GET", "dbs", None, {})).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert "ZeroDivisionError" in caplog.text
    assert (await ask(streams, "GET", "dbs", None, {})).startswith(b"HTTP/1.1 200 OK\r\n")
    streams[1].close()
    await streams[1].wait_closed()


async def story(emulator: CosmosEmulator, name: str, extra: dict[str, str]) -> list[bytes]:
    """The answers to some requests on a database of this name."""
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    colls, docs, item = f"dbs/{name}/colls", f"dbs/{name}/colls/orders/docs", {"id": "1", "pk": "b1"}
    streams = await asyncio.open_connection("127.0.0.1", emulator.port)
    answers = [
        await ask(streams, method, path, body, headers | extra)
        for method, path, body, headers in (
            ("POST", "dbs", {"id": name}, {}),
            ("POST", colls, {"id": "orders", "partitionKey": key}, {}),
            ("POST", docs, item, {"x-ms-activity-id": "7"}),
            ("GET", f"{docs}/1", None, {}),
            ("GET", f"{docs}/1", None, {"if-none-match": "*"}),
            ("GET", f"{docs}/2", None, {}),
            ("PUT", f"{docs}/1", item | {"text": "\u00fc"}, {}),
            ("DELETE", f"{docs}/1", None, {}),
        )
    ]
    streams[1].close()
    await streams[1].wait_closed()
    return [_without_what_differs(answer, name) for answer in answers]


async def ask(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    method: str,
    path: str,
    body: object,
    headers: dict[str, str],
) -> bytes:
    reader, writer = streams
    content = b"" if body is None else json.dumps(body).encode()
    sent = {"host": "x", "x-ms-documentdb-partitionkey": '["b1"]', "content-length": str(len(content))}
    sent |= signed(method, path.split("/")) | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    writer.write(f"{method} /{path} HTTP/1.1\r\n{head}\r\n".encode() + content)
    async with asyncio.timeout(stretched(5)):
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", answer)
        return answer + (await reader.readexactly(int(length[1])) if length else b"")


def _without_what_differs(answer: bytes, name: str) -> bytes:
    answer = re.sub(rb"Date: [^\r]*", b"Date", answer)
    answer = re.sub(rb'"(_rid|_self|_etag)":"(\\"|[^"])*"', rb'"\1"', answer)
    answer = re.sub(rb"etag: [^\r]*", b"etag", answer)
    return answer.replace(f"dbs/{name}/".encode(), b"dbs/x/").replace(f'"id":"{name}"'.encode(), b'"id":"x"')
