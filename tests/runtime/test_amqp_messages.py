"""Whatever a message holds, it becomes one that the runtime can keep, show and refuse, with nothing lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import PartitionContext
from hypothesis import assume, given
from hypothesis import strategies as st
from quartet_emulators.event_hubs import EventHubsEmulator, NamespaceConfig
from quartet_emulators.event_hubs.config import HubConfig
from quartet_emulators.event_hubs.encoding import encode
from quartet_emulators.event_hubs.types import Byte, Char, Decimal, Described, Float, Symbol, Timestamp, ULong

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import consumer_client, message_of
from quartet.azure.settings import Settings
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import Message
from quartet.events import CONTENT_TYPE, Unreadable, read_envelope
from tests.emulators.event_hubs.wire import logged_in
from tests.runtime.amqp import data, message, received, scalars, section, sequence, value, values

ONE = Decimal(bytes.fromhex("3040000000000000000000000000000c"))
"""A decimal128 that the SDK fails at."""

UNHASHABLE = b"\xc1\x05\x02\x45\xa1\x01v"
"""A map whose key is an empty list: the SDK fails at it."""

TOO_MANY = b"\xf0" + (5).to_bytes(4) + (5_000_000).to_bytes(4) + b"\x40"
"""Ten bytes that claim to be five million elements."""


def read(*bodies: tuple[int, bytes], properties: bytes = b"", content_type: bytes = b"") -> Message:
    return message_of(received(message(*bodies, properties=properties, content_type=content_type)))


def nested(levels: int) -> bytes:
    """A list in a list in a list."""
    encoded = b"\x45"
    for _ in range(levels):
        encoded = b"\xd0" + (len(encoded) + 4).to_bytes(4) + (1).to_bytes(4) + encoded
    return encoded


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (data(b"one, ", b"two"), b"one, two"),
        (data(b""), b""),
        (data(b"\x00\xff"), b"\x00\xff"),
        ([value('{"a": 1}')], b'{"a": 1}'),
        ([value(b"\xff")], b"\xff"),
        ([value(Symbol("a"))], b"a"),
        ([value(Char("\N{SPOUTING WHALE}"))], "\N{SPOUTING WHALE}".encode()),
    ],
)
def test_bytes_are_data_in_data_sections_and_as_a_value(sent: list[tuple[int, bytes]], body: bytes) -> None:
    """A JMS TextMessage is an AMQP value that is one string."""
    found = read(*sent)
    assert (found.body, found.body_form) == (body, "data")


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (ULong(2**64 - 1), '"18446744073709551615"'),
        (-(2**53), '"-9007199254740992"'),
        (Byte(-1), "-1"),
        (1.5, "1.5"),
        (float("nan"), '"nan"'),
        (float("-inf"), '"-inf"'),
        (Float(0.5), "0.5"),
        (Timestamp(1772366400000), "1772366400000"),
        (UUID(int=9), '"00000000-0000-0000-0000-000000000009"'),
        (Decimal(bytes(4)), '"(AMQP that cannot be decoded: 7400000000)"'),
        (Decimal(bytes(8)), '"(AMQP that cannot be decoded: 840000000000000000)"'),
        (ONE, '"(AMQP that cannot be decoded: 943040000000000000000000000000000c)"'),
        ([1, "é", b"\xff", [None]], '[1, "é", "\\\\xff", [null]]'),
        ({"order": {"id": b"a", 7: [True]}}, '{"order": {"id": "a", "7": [true]}}'),
        ({"1": "text", 1: "number", b"1": "binary"}, '{"1": "binary", "1 (2)": "number"}'),
        ([1, {"a": [Char("x"), Decimal(bytes(4))]}], '[1, {"a": ["x", "(AMQP that cannot be decoded: 7400000000)"]}]'),
        (Described(Symbol("a:b"), {"x": 1}), '{"x": 1}'),
    ],
)
def test_a_value_is_rendered_for_people(of: object, text: str) -> None:
    found = read(value(of))
    assert (found.body.decode(), found.body_form) == (text, "value")


def test_a_sequence_is_rendered_for_people() -> None:
    found = read(*sequence([1, "two"], [{"three": 3}]))
    assert (found.body, found.body_form) == (b'[[1, "two"], [{"three": 3}]]', "sequence")


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (message(), "null"),
        (message((0x75, encode(7))), "[7]"),
        (message((0x75, b"\x73\x00\x00\x00a")), "a"),
        (message((0x77, UNHASHABLE)), '{"(AMQP that cannot be decoded: 45)": "v"}'),
        (message((0x77, UNHASHABLE.replace(b"\x02", b"\x03"))), '"(AMQP that cannot be decoded: c1050345a10176)"'),
        (message((0x77, b"\xd0\xff\xff")), '"(AMQP that cannot be decoded: 005377d0ffff)"'),
        (message((0x77, TOO_MANY)), '"(AMQP that cannot be decoded: f000000005004c4b4040)"'),
        (message((0x77, b"\x01")), '"(AMQP that cannot be decoded: 00537701)"'),
        (message() + b"\x00", '"(AMQP that cannot be decoded: 00)"'),
        (message() + b"garbage", '"(AMQP that cannot be decoded: ' + b"garbage".hex() + ')"'),
    ],
)
def test_a_message_that_breaks_the_rules_of_amqp_keeps_its_place_and_its_bytes(encoded: bytes, text: str) -> None:
    found = message_of(received(encoded))
    assert found.body.decode() == text
    assert (found.sequence_number, found.offset) == (7, "4096")


@pytest.mark.parametrize("levels", [33, 300, 3_000, 50_000])
def test_deep_nesting_ends_in_a_trace_and_not_in_the_interpreters_stack(levels: int) -> None:
    body = read((0x77, nested(levels))).body.decode()
    assert "nested deeper than 32 levels" in body or "cannot be decoded" in body
    assert read((0x77, nested(31))).body.decode() == "[" * 32 + "]" * 32


@pytest.mark.parametrize(
    ("of", "found"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**53, "9007199254740992"),
        (1.5, 1.5),
        (float("inf"), "inf"),
        ("a", "a"),
        (b"\xff\x00", "\\xff\x00"),
        (Char("a"), "a"),
        (UUID(int=9), "00000000-0000-0000-0000-000000000009"),
        (Decimal(bytes(4)), "(AMQP that cannot be decoded: 7400000000)"),
        ([1, {"a": None}], '[1, {"a": null}]'),
    ],
)
def test_a_property_of_any_type_is_plain(of: object, found: object) -> None:
    properties = read(*data(b"{}"), properties=encode({"before": 1, "p": of, "after": 2})).properties
    assert properties == {"before": 1, "p": found, "after": 2}


def test_names_of_properties_are_text_and_none_is_lost() -> None:
    names: dict[object, object] = {b"\xff": 1, "\\xff": 2, 7: 3, "7": 4, None: 5, True: 6, "a": 7}
    found = read(properties=encode(names)).properties
    assert found == {"\\xff": 1, "\\xff (2)": 2, "7": 3, "7 (2)": 4, "null": 5, "true": 6, "a": 7}


def test_properties_that_are_not_a_map_are_stored_without_a_name() -> None:
    assert read(properties=encode([1, "two"])).properties == {"": '[1, "two"]'}


def test_without_a_place_there_is_still_a_message() -> None:
    for annotations in (b"", section(0x72, encode([1])), section(0x72, b"\xc1\x02\x01\x40")):
        found = message_of(received(annotations + section(0x75, encode(b"{}"))))
        assert (found.sequence_number, found.offset, found.body) == (0, "None", b"{}")


def test_a_property_whose_name_no_map_can_have_does_not_take_the_others_along() -> None:
    found = read(*data(b"{}"), properties=UNHASHABLE)
    assert (found.body, found.properties) == (b"{}", {"(AMQP that cannot be decoded: 45)": "v"})


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (encode(Symbol(CONTENT_TYPE)), CONTENT_TYPE),
        (b"\xa3\x02\xff/", "\\xff/"),
        (encode(7), "7"),
        (encode(["a"]), '["a"]'),
        (b"\x73\x00\x00\x00a", "a"),
        (b"\x40", None),
    ],
)
def test_a_content_type_of_any_kind_is_text(encoded: bytes, text: str | None) -> None:
    found = read(*data(b"{}"), content_type=encoded)
    assert (found.content_type, found.body) == (text, b"{}")


def check(encoded: bytes) -> Message:
    """The message can be kept as JSON in UTF-8, and reading it ends in an event or a reason."""
    found = message_of(received(encoded))
    kept = json.dumps([found.content_type, dict(found.properties), found.offset], allow_nan=False, ensure_ascii=False)
    kept.encode()
    assert all(isinstance(one, str | int | float | bool | None) for one in found.properties.values())
    envelope = read_envelope(found.body, found.content_type, found.properties, found.body_form)
    assert isinstance(envelope, Unreadable)
    if found.body_form != "data":
        assert envelope.reason == "not_cloudevents"
        json.loads(found.body)
    return found


_bodies = st.one_of(
    st.lists(st.binary(max_size=30), max_size=3).map(lambda sections: data(*sections)),
    st.lists(values, max_size=2).map(lambda them: [(0x75, encode(one)) for one in them]),
    values.map(lambda of: [value(of)]),
    st.lists(st.lists(values, max_size=3), max_size=3).map(lambda sections: sequence(*sections)),
)


@given(_bodies, st.dictionaries(scalars, values, max_size=5), values)
def test_any_message_can_be_kept_and_read(
    bodies: list[tuple[int, bytes]], properties: dict[Any, object], content_type: object
) -> None:
    found = check(message(*bodies, properties=encode(properties), content_type=encode(content_type)))
    assert (found.sequence_number, found.offset) == (7, "4096")


def test_a_char_and_a_string_of_one_text_are_two_keys() -> None:
    pairs = encode("a") + encode("string") + encode(Char("a")) + encode("char")
    encoded = bytes([0xC1, len(pairs) + 1, 4]) + pairs
    kept = read(properties=encoded).properties
    assert len(kept) == 2
    assert kept["a"] == "string"
    assert set(kept.values()) == {"string", "char"}


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=9), min_size=1), st.booleans())
def test_every_key_and_every_value_of_a_map_is_kept(content: dict[str, str], whether_the_sdk_can: bool) -> None:
    given: dict[object, object] = {key: one for key, one in content.items()}  # noqa: C416 -- other types
    if not whether_the_sdk_can:
        assume("\x00" not in content)  # in this dict, unlike on the wire, a char and a string are one key
        given[Char("\x00")] = Char("\x00")
    assert read(properties=encode(given)).properties.items() >= content.items()
    if whether_the_sdk_can:
        assert json.loads(read(value(content)).body) == content


@given(st.binary(max_size=60), _bodies, st.integers(0, 200))
def test_bytes_that_are_not_amqp_raise_nothing(garbage: bytes, bodies: list[tuple[int, bytes]], at: int) -> None:
    """Not even where they begin in the middle of a message; what came before them is kept."""
    whole = message(*bodies)
    start = len(message())
    check(whole[: start + at] + garbage)
    message_of(received(garbage))


def test_a_megabyte_is_read_in_one_go() -> None:
    assert len(check(message(*data(b"x" * 1_000_000))).body) == 1_000_000
    assert len(json.loads(check(message(value([None] * 200_000))).body)) == 200_000


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[EventHubsEmulator]:
    emulator = EventHubsEmulator(tmp_path, NamespaceConfig("n", (HubConfig("saga-events", 1, ("order",)),)))
    await emulator.start()
    yield emulator
    await emulator.stop()


async def test_a_receiver_gets_past_what_the_sdk_cannot_decode(emulator: EventHubsEmulator) -> None:
    strange = [
        section(0x77, encode(Char("a"))),
        section(0x74, encode({"p": Decimal(bytes(4))})) + section(0x75, encode(b"{}")),
        section(0x77, encode(ONE)),
        section(0x77, UNHASHABLE),
        section(0x77, nested(5_000)),
        section(0x77, TOO_MANY),
    ]
    async with logged_in(emulator.port) as wire:
        for number, one in enumerate(strange):
            await wire.publish("saga-events/Partitions/0", [one, section(0x75, encode(b"after"))], handle=9 + number)
    received: asyncio.Queue[Message] = asyncio.Queue()

    async def on_batch(_: PartitionContext, events: list[EventData]) -> None:
        for event in events:
            received.put_nowait(message_of(event))

    settings = Settings(
        event_hubs_connection_string=emulator.connection_string, blob_account_url="-", cosmos_endpoint="-"
    )
    async with Credentials() as credentials, consumer_client(settings, credentials, "tests", "order") as client:
        task = asyncio.create_task(client.receive_batch(on_batch, starting_position="-1"))
        try:
            async with asyncio.timeout(stretched(60)):
                found = [await received.get() for _ in range(2 * len(strange))]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert [one.sequence_number for one in found] == list(range(2 * len(strange)))
    assert [one.body for one in found[1::2]] == [b"after"] * len(strange)
