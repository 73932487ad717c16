"""The forms of CloudEvents that are read, one by one; docs/events.md has the same table."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from quartet.events import CONTENT_TYPE, BodyForm, Envelope, Event, EventData, Unreadable, read_envelope
from shared.events import REGISTRY
from tests.events.samples import ORDER

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "events.md"
EVENT: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "/shop",
    "type": "OrderCreated.v1",
    "subject": "ahab-1851",
    "time": "2026-03-01T12:00:00Z",
    "data": ORDER,
}
ATTRIBUTES: Final = {name: value for name, value in EVENT.items() if name != "data"}
DATA: Final = json.dumps(ORDER).encode()
WHOLE: Final = json.dumps(EVENT).encode()
HEADERS: Final = {f"ce_{name}": value.encode() for name, value in ATTRIBUTES.items()}


class Sent(NamedTuple):
    """A message as the SDK delivers it."""

    body: bytes
    content_type: str | None = None
    properties: dict[Any, Any] = {}  # noqa: RUF012 - never changed
    body_form: BodyForm = "data"


def structured(**changes: object) -> Sent:
    return Sent(json.dumps(EVENT | changes).encode(), CONTENT_TYPE)


def binary(prefix: str, content_type: str | None = "application/json", **changes: object) -> Sent:
    return Sent(DATA, content_type, {prefix + name: value for name, value in (ATTRIBUTES | changes).items()})


def base64_event(encoded: object, **changes: object) -> Sent:
    return Sent(json.dumps(ATTRIBUTES | {"data_base64": encoded} | changes).encode(), CONTENT_TYPE)


ENCODED: Final = base64.b64encode(DATA).decode()

READ: Final[dict[str, list[Sent]]] = {
    "structured JSON": [structured(), Sent(WHOLE, "Application/CloudEvents+JSON; charset=UTF-8")],
    "structured JSON that does not say so": [
        Sent(WHOLE),
        Sent(WHOLE, "text/plain"),
        Sent(WHOLE, 'application/json; charset="utf-8"'),
        Sent(WHOLE, "application/cloudevents"),
    ],
    "structured JSON with application properties beside it": [
        Sent(WHOLE, CONTENT_TYPE, {"cloudEvents:id": "another", "cloudEvents:specversion": "0.3", "tenant": 7})
    ],
    "structured JSON from a Kafka client": [Sent(WHOLE, None, {"content-type": b"application/cloudevents+json"})],
    "structured JSON with `data_base64`": [
        base64_event(ENCODED),
        base64_event(ENCODED, datacontenttype="application/json; charset=utf-8"),
        base64_event(ENCODED, data=None),
        base64_event(base64.b64encode(b"\xef\xbb\xbf" + DATA).decode()),
    ],
    "`null` for an attribute that is not given": [structured(causationid=None, datacontenttype=None)],
    "binary, AMQP binding": [
        binary("cloudEvents:"),
        binary("cloudEvents_", None),
        binary("cloudEvents:", "application/vnd.shop+json; charset=utf-8"),
        binary("cloudEvents:", 'application/json; charset="UTF-8"'),
        binary("cloudEvents:", None, datacontenttype="application/json"),
    ],
    "binary, native AMQP types": [
        binary("cloudEvents:", time=1772366400000),
        Sent(DATA, None, {f"cloudEvents:{name}".encode(): value.encode() for name, value in ATTRIBUTES.items()}),
    ],
    "binary, Kafka binding": [
        Sent(DATA, None, HEADERS | {"content-type": b"application/json"}),
        Sent(DATA, None, {name.encode(): value for name, value in HEADERS.items()}),
        Sent(DATA, "application/json", HEADERS),
    ],
    "binary, HTTP headers": [
        binary("ce-", None),
        binary("ce-", None, subject="ahab%2D1851", time="2026-03-01T12%3A00%3A00Z"),
    ],
    "a byte order mark": [
        Sent(b"\xef\xbb\xbf" + WHOLE, CONTENT_TYPE),
        Sent(b"\xef\xbb\xbf" + DATA, None, HEADERS),
    ],
    "a name twice in an object": [
        Sent(WHOLE.replace(b'"id"', b'"id": "first", "id"', 1), CONTENT_TYPE),
        Sent(DATA.replace(b'"order_id"', b'"order_id": "first", "order_id"', 1), None, HEADERS),
    ],
}
REFUSED: Final[dict[str, list[tuple[Sent, str, str]]]] = {
    "batch mode": [
        (Sent(b"[%b]" % WHOLE, "application/cloudevents-batch+json"), "not_cloudevents", "batch mode is not read"),
        (
            Sent(b"[]", "application/cloudevents-batch+json; charset=utf-8"),
            "not_cloudevents",
            "as a message of its own",
        ),
        (Sent(b"[%b]" % WHOLE), "not_cloudevents", "as a message of its own"),
    ],
    "another event format": [
        (Sent(b"\x00", "application/cloudevents+avro"), "not_json", "application/cloudevents+avro: must be"),
        (Sent(b"\x00", "application/cloudevents+protobuf"), "not_json", "application/cloudevents+protobuf: must be"),
    ],
    "another charset": [
        (Sent(WHOLE, f"{CONTENT_TYPE}; charset=utf-16"), "not_json", "charset utf-16, must be UTF-8"),
        (Sent(WHOLE, "application/json;Charset=Latin1"), "not_json", "charset latin1, must be UTF-8"),
        (binary("ce_", "application/json; charset=iso-8859-1"), "not_json", "charset iso-8859-1, must be UTF-8"),
        (Sent(WHOLE, f"{CONTENT_TYPE}; charset=\x1b[2J"), "not_json", "charset \\x1b[2j, must be UTF-8"),
        (Sent(WHOLE.decode().encode("utf-16"), CONTENT_TYPE), "not_json", "body: is UTF-16, must be UTF-8"),
        (Sent(WHOLE.decode().encode("utf-16-le")), "not_json", "body: is UTF-16-LE, must be UTF-8"),
        (Sent(DATA.decode().encode("utf-32-be"), None, HEADERS), "not_json", "body: is UTF-32-BE, must be UTF-8"),
        (Sent(WHOLE.replace(b"captain", b"c\xe4ptain"), CONTENT_TYPE), "not_json", "invalid unicode code point"),
    ],
    "`data_base64` that is wrong": [
        (base64_event("e30"), "invalid_data", "data_base64: must be base64"),
        (base64_event("e30=\n"), "invalid_data", "data_base64: must be base64"),
        (base64_event("_-=="), "invalid_data", "data_base64: must be base64"),
        (base64_event("é30="), "invalid_data", "data_base64: must be base64"),
        (base64_event("\ud800"), "not_json", "body: "),
        (base64_event(7), "invalid_data", "data_base64: must be base64"),
        (base64_event("e30=", data={}), "invalid_data", "data_base64: must not stand beside data"),
        (base64_event(""), "invalid_data", "data_base64: is empty"),
        (base64_event("bW9ieQ=="), "invalid_data", "data_base64: expected value at line 1"),
        (base64_event("e30=", datacontenttype="application/avro"), "invalid_envelope", "datacontenttype: must be"),
    ],
    "data that is not JSON": [
        (
            structured(datacontenttype="application/xml"),
            "invalid_envelope",
            "datacontenttype: must be application/json",
        ),
        (binary("cloudEvents:", "text/plain"), "invalid_envelope", "datacontenttype: must be"),
        (structured(data=json.dumps(ORDER)), "invalid_data", "data: must be a JSON object"),
        (Sent(b"", None, HEADERS), "not_json", "body: is empty"),
        (Sent(b"{", None, HEADERS), "not_json", "body: EOF"),
    ],
    "an AMQP value or sequence as the body": [
        (Sent(WHOLE, CONTENT_TYPE, {}, "value"), "not_cloudevents", "body: is an AMQP value, must be data"),
        (Sent(DATA, None, HEADERS, "sequence"), "not_cloudevents", "body: is an AMQP sequence, must be data"),
    ],
    "lone surrogates, and JSON too deep or too large": [
        (Sent(WHOLE.replace(b"captain", b"\\ud83d"), CONTENT_TYPE), "not_json", "body: "),
        (Sent(b"[" * 100_000, CONTENT_TYPE), "not_json", "recursion limit exceeded"),
        (Sent(b"1" * 5_000, CONTENT_TYPE), "not_json", "number out of range"),
        (structured(id="\ud800"), "not_json", "body: "),
        (binary("ce_", None, id="\ud800"), "invalid_envelope", "id: must be a string"),
    ],
    "an attribute that is missing or has another type": [
        (Sent(DATA, None, {"ce_id": "1", "ce_type": "OrderCreated.v1"}), "invalid_envelope", "specversion: is missing"),
        (binary("cloudEvents:", specversion="0.3"), "invalid_envelope", 'specversion: must be "1.0"'),
        (structured(time=None), "invalid_envelope", "time: is missing"),
        (structured(subject=None), "invalid_envelope", "subject: is missing; it is the saga id"),
        (structured(id=7), "invalid_envelope", "id: must be a string"),
        (binary("cloudEvents:", time=True), "invalid_envelope", "time: must be an RFC 3339 time"),
        (binary("cloudEvents:", time=10**30), "invalid_envelope", "time: must be a string"),
        (binary("cloudEvents:", id=1.5), "invalid_envelope", "id: must be a string"),
        (binary("cloudEvents:", subject=b"\xff"), "invalid_envelope", "subject: must be the saga id"),
        (binary("cloudEvents:", source=["/shop"]), "invalid_envelope", "source: must be a string"),
    ],
}


def what_is_read(sent: Sent) -> Event[EventData] | Unreadable:
    found = read_envelope(*sent)
    return found.read(REGISTRY) if isinstance(found, Envelope) else found


@pytest.mark.parametrize("form", READ)
def test_a_form_that_is_read_gives_the_same_event(form: str) -> None:
    expected = what_is_read(structured())
    assert isinstance(expected, Event), expected
    assert [what_is_read(sent) for sent in READ[form]] == [expected] * len(READ[form])


@pytest.mark.parametrize("form", REFUSED)
def test_a_form_that_is_not_read_is_named_in_the_reason(form: str) -> None:
    for sent, reason, detail in REFUSED[form]:
        found = what_is_read(sent)
        assert isinstance(found, Unreadable), sent
        assert found.reason == reason
        assert detail in found.detail
        assert found.detail.isprintable()


def test_the_document_lists_these_forms_and_no_others() -> None:
    def rows(chapter: str) -> list[str]:
        text = DOCUMENT.read_text().partition(f"## {chapter}\n")[2].partition("\n## ")[0]
        return re.findall(r"^\| (?!form |--)(.+?) \|", text, re.MULTILINE)

    assert rows("Which CloudEvents are read") == list(READ)
    assert rows("What is not read") == list(REFUSED)


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (7, "7"), ("a%2Db", "a-b"), ("%ff", "%ff"), (b"b", "b"), ("%", "%")]
)
def test_a_binary_attribute_of_another_type_becomes_its_canonical_text(value: object, text: str) -> None:
    event = what_is_read(binary("ce-", None, correlationid=value))
    assert isinstance(event, Event)
    assert event.correlation_id == text


def test_of_several_bindings_the_first_complete_one_counts() -> None:
    amqp, kafka = binary("cloudEvents:", id="amqp").properties, binary("ce_", id="kafka").properties
    event = what_is_read(Sent(DATA, None, kafka | amqp))
    assert isinstance(event, Event)
    assert event.id == "amqp"
    del amqp["cloudEvents:specversion"]
    event = what_is_read(Sent(DATA, None, amqp | kafka))
    assert isinstance(event, Event)
    assert event.id == "kafka"


BROKEN: Final[dict[str, Callable[[], Sent]]] = {
    "binary": lambda: Sent(b"{", None, HEADERS),
    "base64": lambda: base64_event("e3"),
}


@pytest.mark.parametrize("form", BROKEN)
def test_an_event_with_broken_data_still_says_whose_it_is(form: str) -> None:
    envelope = read_envelope(*BROKEN[form]())
    assert isinstance(envelope, Envelope)
    assert (envelope.subject, envelope.id, envelope.type) == ("ahab-1851", "evt-1", "OrderCreated.v1")
    assert isinstance(envelope.read(REGISTRY), Unreadable)
