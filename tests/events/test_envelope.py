"""Reading: structured and binary CloudEvents, and the reasons for everything else."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.events import (
    CONTENT_TYPE,
    Envelope,
    Event,
    EventData,
    Unreadable,
    encode,
    from_json,
    new_event,
    parse_time,
    read_envelope,
    to_json,
)
from shared.events import REGISTRY, OrderCreated
from tests.events.samples import ORDER, SAMPLES, changed, orders

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "/shop",
    "type": "OrderCreated.v1",
    "subject": "ahab-1851",
    "time": "2026-03-01T12:00:00Z",
    "datacontenttype": "application/json",
    "correlationid": "voyage-7",
    "causationid": "evt-0",
    "traceparent": TRACEPARENT,
    "data": ORDER,
}


def read(
    body: object, content_type: str | None = None, properties: dict[Any, Any] | None = None
) -> Envelope | Unreadable:
    return read_envelope(json.dumps(body).encode(), content_type, properties or {})


def event_in(found: Envelope | Unreadable) -> Event[EventData]:
    assert isinstance(found, Envelope), found
    event = found.read(REGISTRY)
    assert isinstance(event, Event), event
    return event


def problem_in(found: Envelope | Unreadable) -> Unreadable:
    problem = found.read(REGISTRY) if isinstance(found, Envelope) else found
    assert isinstance(problem, Unreadable), problem
    return problem


@pytest.mark.parametrize(
    "content_type", [CONTENT_TYPE, "Application/CloudEvents+JSON; charset=utf-8", None, "text/plain"]
)
def test_a_structured_event_is_read_whatever_it_calls_itself(content_type: str | None) -> None:
    envelope = read(EVENT, content_type)
    assert isinstance(envelope, Envelope)
    assert (envelope.type, envelope.subject, envelope.correlation_id) == ("OrderCreated.v1", "ahab-1851", "voyage-7")
    assert event_in(envelope) == Event(
        id="evt-1",
        source="/shop",
        type="OrderCreated.v1",
        saga_id="ahab-1851",
        time=parse_time("2026-03-01T12:00:00Z"),
        correlation_id="voyage-7",
        causation_id="evt-0",
        traceparent=TRACEPARENT,
        data=OrderCreated.model_validate(ORDER),
    )


BINARY_FORMS: dict[str, Callable[[str, str], tuple[object, object]]] = {
    "text": lambda name, value: (f"cloudEvents:{name}", value),
    "text, underscore": lambda name, value: (f"cloudEvents_{name}", value),
    "bytes, as the SDK delivers them": lambda name, value: (f"cloudEvents:{name}".encode(), value.encode()),
}


@pytest.mark.parametrize("form", BINARY_FORMS)
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
def test_a_binary_event_is_the_same_event(form: str, content_type: str | None) -> None:
    attributes = {name: value for name, value in EVENT.items() if name not in {"data", "datacontenttype"}}
    properties = dict(BINARY_FORMS[form](name, value) for name, value in attributes.items())
    assert event_in(read(ORDER, content_type, properties | {b"tenant": b"\xff"})) == event_in(read(EVENT))


def test_a_binary_time_may_be_an_amqp_timestamp() -> None:
    properties = {f"cloudEvents:{name}": EVENT[name] for name in ("specversion", "id", "source", "type", "subject")}
    event = event_in(read(ORDER, None, properties | {"cloudEvents:time": 1772366400000}))
    assert event.time == parse_time("2026-03-01T12:00:00Z")
    beyond = problem_in(read(ORDER, None, properties | {"cloudEvents:time": 10**30}))
    assert beyond.reason == "invalid_envelope"
    assert beyond.detail.startswith("time: ")


def test_bytes_that_are_not_text_are_not_an_attribute() -> None:
    properties = {f"cloudEvents:{name}": EVENT[name] for name in ("specversion", "id", "source", "type", "time")}
    problem = problem_in(read(ORDER, None, properties | {"cloudEvents:subject": b"\xff"}))
    assert problem.detail.startswith("subject: must be the saga id")


def test_another_client_may_leave_out_what_only_we_need() -> None:
    ours = ("correlationid", "causationid", "traceparent", "datacontenttype")
    event = event_in(read({name: value for name, value in EVENT.items() if name not in ours}))
    assert (event.correlation_id, event.causation_id, event.traceparent) == ("ahab-1851", None, None)


@pytest.mark.parametrize(
    "traceparent", ["nonsense", "ff" + TRACEPARENT[2:], TRACEPARENT.upper(), 7, "00-" + "0" * 32 + TRACEPARENT[35:]]
)
def test_an_invalid_trace_context_is_ignored_as_its_specification_says(traceparent: object) -> None:
    assert event_in(read(EVENT | {"traceparent": traceparent})).traceparent is None


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00Z"),
        ("2026-03-01t12:00:00z", "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.123456Z"),
        ("2026-03-01T12:00:00.5Z", "2026-03-01T12:00:00.5Z"),
    ],
)
def test_times_of_other_clients_are_read(time: str, utc: str) -> None:
    assert event_in(read(EVENT | {"time": time})).time == parse_time(utc)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"specversion": "0.3"}, 'specversion: must be "1.0"'),
        ({"specversion": 1.0}, 'specversion: must be "1.0"'),
        ({"id": None}, "id: is missing"),
        ({"id": ""}, "id: must be a string of 1 to 256 characters, without control characters"),
        ({"id": "a" * 257}, "id: must be a string of 1 to 256 characters, without control characters"),
        ({"id": 7}, "id: must be a string of 1 to 256 characters, without control characters"),
        ({"source": None}, "source: is missing"),
        ({"source": "/" * 1025}, "source: must be a string of 1 to 1024 characters, without control characters"),
        ({"id": "\x7f"}, "id: must be a string of 1 to 256 characters, without control characters"),
        ({"id": "\x85"}, "id: must be a string of 1 to 256 characters, without control characters"),
        ({"id": "\uffff"}, "id: must be a string of 1 to 256 characters, without control characters"),
        ({"id": "\U0010fffe"}, "id: must be a string of 1 to 256 characters, without control characters"),
        ({"source": "/sh\nop"}, "source: must be a string of 1 to 1024 characters, without control characters"),
        ({"type": None}, "type: is missing"),
        ({"time": None}, "time: is missing"),
        ({"time": "2026-03-01T12:00:00"}, "time: must be an RFC 3339 time with an offset"),
        ({"time": "2026-02-30T12:00:00Z"}, "time: must be an RFC 3339 time with an offset"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "time: must be an RFC 3339 time with an offset"),
        ({"time": "9999-12-31T23:59:59Z"}, "time: must be an RFC 3339 time with an offset"),
        ({"subject": None}, "subject: is missing; it is the saga id"),
        ({"subject": "moby dick"}, "subject: must be the saga id, 1 to 64 of"),
        ({"subject": "ahab-1851\n"}, "subject: must be the saga id, 1 to 64 of"),
        ({"subject": "ishmael-1"}, "subject: must be the saga id, ahab-1851"),
        ({"correlationid": 7}, "correlationid: must be a string of 1 to 256 characters, without control characters"),
        ({"causationid": ""}, "causationid: must be a string of 1 to 256 characters, without control characters"),
        ({"datacontenttype": "application/xml"}, "datacontenttype: must be application/json"),
        ({"datacontenttype": 5}, "datacontenttype: must be application/json"),
    ],
)
def test_a_wrong_attribute_is_named(change: dict[str, object], detail: str) -> None:
    problem = problem_in(read(EVENT | change))
    assert problem.reason == "invalid_envelope"
    assert problem.detail.startswith(detail)


@pytest.mark.parametrize(
    "id_", ["a\u00a0b", "caf\u00e9", "\u202e", "\u2028", "\U0001fae9", "\U000e0001", "\ue000", " ", "x" * 256]
)
def test_what_cloudevents_allows_in_an_attribute_is_read(id_: str) -> None:
    """Not what this interpreter's Unicode tables call printable: another one's are newer."""
    assert event_in(read(EVENT | {"id": id_})).id == id_
    source = "/subscriptions/" + "s" * 1000
    assert event_in(read(EVENT | {"source": source})).source == source


@pytest.mark.parametrize(
    "type_", ["application/json", "text/json", "application/vnd.shop+json", "Application/JSON; charset=utf-8"]
)
def test_every_kind_of_json_is_json(type_: str) -> None:
    assert event_in(read(EVENT | {"datacontenttype": type_})).id == "evt-1"


@pytest.mark.parametrize("body", [b"moby", b"{", b'{"a": NaN}', b"[" * 100_000, b"1" * 5000, b'"\\ud800"', b"{} {}"])
@pytest.mark.parametrize("content_type", [CONTENT_TYPE, None])
def test_invalid_json_is_reported_with_its_position(body: bytes, content_type: str | None) -> None:
    problem = problem_in(read_envelope(body, content_type, {}))
    assert problem.reason == "not_json"
    assert problem.detail.startswith("body: ")
    assert "line 1 column" in problem.detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (ORDER, "a JSON object without specversion, not a CloudEvent: put it into `data` of a CloudEvent"),
        ({"whale": "white"}, "a JSON object without specversion, not a CloudEvent"),
        ([EVENT], "a JSON list: send every event as a message of its own"),
        ("moby", "not a JSON object"),
        (None, "not a JSON object"),
    ],
)
def test_a_message_that_is_not_a_cloudevent_says_what_to_do(body: object, detail: str) -> None:
    problem = problem_in(read(body))
    assert problem.reason == "not_cloudevents"
    assert problem.detail.startswith(detail)


def test_a_batch_is_answered_with_what_to_do() -> None:
    problem = problem_in(read([EVENT], "application/cloudevents-batch+json"))
    assert problem.reason == "not_cloudevents"
    assert problem.detail.endswith("batch mode is not read, send every event as a message of its own")


def test_a_reason_is_one_printable_line_whatever_it_quotes() -> None:
    detail = problem_in(read(EVENT | {"type": "a\u2028\u202e" + "b" * 200})).detail
    assert detail.isprintable()
    assert detail.startswith("type: a\\u2028\\u202ebbb")
    assert len(detail) < 200


@pytest.mark.parametrize("type_", ["OrderCreated.v2", "OrderEaten.v1", "OrderCreated"])
def test_an_unknown_type_or_version_is_named_and_its_envelope_can_still_be_used(type_: str) -> None:
    envelope = read(EVENT | {"type": type_})
    assert isinstance(envelope, Envelope)
    assert envelope.subject == "ahab-1851"
    problem = problem_in(envelope)
    assert problem.reason == "unknown_type"
    assert type_ in problem.detail


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (changed("items.0.quantity", 0), "items.0.quantity: must be at least 1"),
        (changed("shipping_address.country", "XX"), "shipping_address.country: must be an ISO 3166-1 alpha-2"),
        (None, "data: must be a JSON object"),
        ([ORDER], "data: must be a JSON object"),
    ],
)
def test_wrong_data_names_its_field(data: object, detail: str) -> None:
    problem = problem_in(read(EVENT | {"data": data}))
    assert problem.reason == "invalid_data"
    assert problem.detail.startswith(detail)


@pytest.mark.parametrize("data", SAMPLES, ids=lambda data: data.type)
def test_every_event_comes_back_from_the_wire_as_it_was(data: EventData) -> None:
    event = new_event(data, source="/pequod", time=parse_time("2026-03-01T12:00:00.000001Z"), id="evt-1")
    assert event_in(read_envelope(encode(to_json(event)), CONTENT_TYPE, {})) == event
    assert from_json(json.loads(json.dumps(to_json(event))), REGISTRY) == event


@given(
    orders(),
    st.datetimes(
        min_value=parse_time("1971-01-01T00:00:00Z").replace(tzinfo=None),
        max_value=parse_time("8999-01-01T00:00:00Z").replace(tzinfo=None),
        timezones=st.timezones(),
    ),
)
def test_any_order_comes_back_from_the_wire_as_it_was(data: dict[str, Any], time: datetime) -> None:
    event = new_event(OrderCreated.model_validate(data), source="/pequod", time=time)
    assert event_in(read_envelope(encode(to_json(event)), CONTENT_TYPE, {})) == event


def test_a_recorded_event_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"not a recorded event: unknown_type: type: OrderEaten\.v1"):
        from_json(EVENT | {"type": "OrderEaten.v1"}, REGISTRY)
    with pytest.raises(ValueError, match="not a recorded event: invalid_envelope: id: is missing"):
        from_json(EVENT | {"id": None}, REGISTRY)
