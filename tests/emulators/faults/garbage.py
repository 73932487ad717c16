"""What no client should send: hypothesis strategies for streams of bytes."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.frames import AMQP_HEADER, SASL_FRAME, SASL_HEADER, write_frame
from quartet_emulators.event_hubs.messages import BATCH_FORMAT
from quartet_emulators.event_hubs.performatives import Attach, Begin, Close, Detach, End, Flow, Open, SaslInit, Transfer
from quartet_emulators.event_hubs.types import Array, Described, Int, Symbol, Timestamp, UByte, ULong

from tests.emulators.event_hubs.wire import KEY, batch, message

_TARGET = Described(ULong(0x29), ["saga-events/Partitions/0"])
_SOURCE = Described(ULong(0x28), ["saga-events/ConsumerGroups/order/Partitions/0"])
_FLOW = Flow(next_incoming_id=1, incoming_window=9, next_outgoing_id=0, outgoing_window=9, handle=1, link_credit=5)

HANDSHAKE = [
    SASL_HEADER,
    write_frame(0, SaslInit(mechanism="PLAIN", initial_response=KEY).encode(), kind=SASL_FRAME),
    AMQP_HEADER,
    write_frame(0, Open(container_id="fuzz", max_frame_size=65536).encode()),
    write_frame(0, Begin(next_outgoing_id=0, incoming_window=99, outgoing_window=99).encode()),
]
TALK = [
    write_frame(0, Attach(name="s", handle=0, role=False, target=_TARGET, initial_delivery_count=0).encode()),
    write_frame(0, Attach(name="r", handle=1, role=True, source=_SOURCE).encode()),
    write_frame(0, Transfer(handle=0, delivery_id=0, delivery_tag=b"t", message_format=0).encode(), message(b"x")),
    write_frame(
        0,
        Transfer(handle=0, delivery_id=1, delivery_tag=b"t", message_format=BATCH_FORMAT).encode(),
        batch([message(b"a"), message(b"b")]),
    ),
    write_frame(0, _FLOW.encode()),
    write_frame(0, Detach(handle=0, closed=True).encode()),
    write_frame(0, End().encode()),
    write_frame(0, Close().encode()),
]

_SYMBOLS = st.text(st.characters(max_codepoint=127), max_size=5).map(Symbol)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(0, 2**31 - 1).map(Int)
    | st.integers(0, 2**64 - 1).map(ULong)
    | st.integers(0, 255).map(UByte)
    | st.integers(-(2**62), 2**62).map(Timestamp)
    | st.text(max_size=20)
    | st.binary(max_size=40)
    | st.sampled_from(["com.microsoft:epoch", "apache.org:selector-filter:string", "$cbs", "$management"]).map(Symbol)
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_SYMBOLS, inner, max_size=3)
        | st.builds(Described, st.integers(0, 0x80).map(ULong), inner)
        | st.lists(_SYMBOLS, min_size=1, max_size=3).map(lambda items: Array(list(items)))
    ),
    max_leaves=12,
)
_CODES = st.sampled_from([*range(0x10, 0x19), *range(0x40, 0x45), 0x24, 0x70, 0])
_BODIES = st.builds(lambda code, fields: encode(Described(ULong(code), fields)), _CODES, st.lists(_VALUES, max_size=14))
_CHANNELS = st.sampled_from([0, 0, 0, 1, 4999, 65535])
_FRAMES = st.builds(write_frame, _CHANNELS, _BODIES, st.binary(max_size=60), st.sampled_from([0, 0, 0, 1, 7]))


@st.composite
def damaged(draw: st.DrawFn, parts: Sequence[bytes]) -> bytes:
    """Parts that were right, put together in another order, with bytes changed, lost, put in or cut off."""
    chosen = draw(st.lists(st.sampled_from(parts), max_size=len(parts) + 3)) if draw(st.booleans()) else list(parts)
    stream = bytearray(b"".join(chosen))
    for _ in range(draw(st.integers(0, 4))):
        position = draw(st.integers(0, max(0, len(stream) - 1)))
        match draw(st.sampled_from(["change", "put in", "lose", "cut off"])):
            case "change" if stream:
                stream[position] = draw(st.integers(0, 255))
            case "put in":
                stream[position:position] = draw(st.binary(min_size=1, max_size=9))
            case "lose":
                del stream[position : position + draw(st.integers(1, 9))]
            case "cut off":
                del stream[position:]
    return bytes(stream)


def amqp() -> st.SearchStrategy[bytes]:
    """Streams that begin, or do not, like AMQP."""
    after = st.lists(_FRAMES, max_size=6).map(b"".join) | damaged(TALK) | st.binary(max_size=300)
    return damaged(HANDSHAKE) | st.binary(max_size=200) | after.map(lambda rest: b"".join(HANDSHAKE) + rest)


_METHODS = st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "G\0T", ""])
_PATHS = st.sampled_from(
    [
        *(
            "/",
            "/dbs/orders/colls/orders/docs/",
            "/dbs/%zz",
            "/devstoreaccount1/checkpoints?restype=container&comp=list",
        ),
        *("/devstoreaccount1/checkpoints/a/../%00", "//", "*", "http://[::1", "/" + "a" * 9000, "/\udcff"),
    ]
) | st.text(max_size=30)
_NAMES = st.sampled_from(
    [
        *("Content-Length", "Transfer-Encoding", "Content-Encoding", "Expect", "Connection", "Host", "Authorization"),
        *("x-ms-date", "x-ms-documentdb-partitionkey", "If-Match", "Range", "x-ms-meta-é", "", " ", "User-Agent"),
    ]
) | st.text(max_size=12)
_CONTENTS = st.sampled_from(
    [
        *("0", "-1", "5", "99999999999999999999", "chunked", "chunked, chunked", "gzip", "100-continue", "Upgrade"),
        *("SharedKey devstoreaccount1:AAAA", "type=master&ver=1.0&sig=x", "[1", '["7"]', "bytes=9-1", "\r\n", "\0"),
    ]
) | st.text(max_size=40)


@st.composite
def http(draw: st.DrawFn) -> bytes:
    """Streams that are nearly HTTP/1.1."""
    version = draw(st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP", ""]))
    lines = [f"{draw(_METHODS)} {draw(_PATHS)} {version}"]
    lines += [f"{name}: {content}" for name, content in draw(st.lists(st.tuples(_NAMES, _CONTENTS), max_size=5))]
    end = draw(st.sampled_from(["\r\n", "\r\n", "\n", "\r"]))
    head = (end.join(lines) + end * 2).encode("utf-8", "replace")
    body = draw(
        st.sampled_from([b"", b"{}", b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffff\r\n", b"-1\r\n"]) | st.binary(max_size=80)
    )
    return draw(damaged([head, body, head]))
