"""Cutting messages apart and putting the broker's annotations in."""

from contextlib import suppress

import pytest
from azure.eventhub._buffered_producer._partition_resolver import generate_hash_code
from hypothesis import given
from hypothesis import strategies as st
from quartet_emulators.event_hubs.decoding import DecodeError
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.messages import cut, cut_batch, insert_delivery_annotations, runtime_metrics
from quartet_emulators.event_hubs.partition_key import partition_of
from quartet_emulators.event_hubs.types import Symbol

from tests.emulators.event_hubs.wire import batch, message, sections

HEADER = b"\x00\x53\x70\xc0\x02\x01\x41"
ROUTE = b"\x00\x53\x71" + encode({Symbol("x-opt-route"): "north"})
BODY = b"\x00\x53\x75\xa0\x02hi"
KEY = Symbol("x-opt-partition-key")
BROKERS = {"x-opt-sequence-number": 5, "x-opt-offset": "1234", "x-opt-enqueued-time": 99}


@given(st.text(st.characters(max_codepoint=127), max_size=60), st.integers(1, 32))
def test_a_key_goes_where_the_sdk_would_send_it(key: str, count: int) -> None:
    code = generate_hash_code(key)  # type: ignore[no-untyped-call] # the SDK's
    assert abs(code % count) == partition_of(key, count)


@pytest.mark.parametrize("own", [{}, {Symbol("x-opt-colour"): "teal", KEY: "k"}, {Symbol("x-opt-offset"): "old"}])
@pytest.mark.parametrize("before", [b"", HEADER, ROUTE, HEADER + ROUTE])
def test_a_stamped_message_has_both_kinds_of_annotations(own: dict[object, object], before: bytes) -> None:
    event = cut(before + message(b"hi", own))
    stamped = sections(event.stamped(5, 1234, 99))
    kept: dict[object, object] = {name: value for name, value in own.items() if name not in BROKERS}
    assert stamped[0x72] == kept | BROKERS
    assert stamped[0x75] == b"hi"
    assert (0x70 in stamped) == (HEADER in before)
    assert 0x71 not in stamped
    assert event.partition_key == own.get(KEY)


def test_delivery_annotations_at_the_end_pass_as_the_sdk_puts_them() -> None:
    assert sections(cut(BODY + ROUTE).stamped(5, 1234, 99))[0x71] == {"x-opt-route": "north"}


def test_a_batch_gives_its_key_to_events_that_have_none() -> None:
    envelope = b"\x00\x53\x72" + encode({KEY: "order-7"}) + batch([message(b"a"), message(b"b", {KEY: "own"})])
    events = cut_batch(envelope)
    assert [event.partition_key for event in events] == ["order-7", "own"]
    annotations = sections(events[0].stamped(5, 1234, 99))[0x72]
    assert annotations == {**BROKERS, KEY: "order-7"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no body"),
        (HEADER, "no body"),
        (BODY + HEADER, "0x70 after 0x75"),
        (BODY[:-1], "ends before"),
        (b"\x00\x53", "small descriptor"),
        (b"\x00\x80" + BODY, "small descriptor"),
        (b"\x00\x53\x79\x40", "0x79"),
        (b"\x00\x53\x72\x41" + BODY, "not a map"),
        (b"nonsense", "small descriptor"),
    ],
)
def test_bytes_that_are_not_a_message_are_an_error(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        cut(data)
    with pytest.raises(DecodeError):
        cut_batch(batch([message(b"good"), data]))


def test_a_batch_of_something_else_is_an_error() -> None:
    with pytest.raises(DecodeError, match="0x77"):
        cut_batch(b"\x00\x53\x77\x40")
    with pytest.raises(DecodeError, match="not binary"):
        cut_batch(b"\x00\x53\x75\xa1\x00")


@given(st.binary(max_size=100))
def test_any_bytes_are_a_message_or_an_error(data: bytes) -> None:
    for cutter in (cut, cut_batch):
        with suppress(DecodeError):  # and nothing else
            cutter(data)


@pytest.mark.parametrize("head", [b"", HEADER])
def test_metrics_stand_behind_the_header(head: bytes) -> None:
    metrics = runtime_metrics(7, "700", 1, 2)
    assert insert_delivery_annotations(head + BODY, metrics) == head + metrics + BODY
