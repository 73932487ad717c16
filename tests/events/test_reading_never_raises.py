"""Whatever comes, reading gives an event or a reason: it never raises, and a reason fits on one line of UTF-8."""

import json
from collections.abc import Mapping
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from quartet.events import (
    CONTENT_TYPE,
    BodyForm,
    Envelope,
    Event,
    answer,
    encode,
    from_json,
    new_event,
    open_envelope,
    parse_time,
    read_envelope,
    to_json,
)
from shared.events import REGISTRY
from tests.events.samples import SAMPLES

NOON = parse_time("2026-03-01T12:00:00Z")
EVENTS = [to_json(new_event(data, source="/pequod", time=NOON, id="evt-1")) for data in SAMPLES]

_text = st.text(st.characters(exclude_categories=()), max_size=20)  # with surrogates
_numbers = st.integers() | st.floats() | st.sampled_from([2**63, 10**400, 1e300, -0.0])
JSON = st.recursive(
    st.none() | st.booleans() | _numbers | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)
_amqp = JSON | st.binary(max_size=20) | st.uuids() | st.decimals() | st.tuples(st.integers())
_content_types = (
    st.none()
    | _text
    | st.sampled_from(
        [
            CONTENT_TYPE,
            f"{CONTENT_TYPE}; charset=utf-8",
            f"{CONTENT_TYPE};charset=",
            "application/cloudevents-batch+json",
            "application/cloudevents",
            "application/json",
            "text/xml; charset=\x00",
            "; charset=utf-16",
        ]
    )
)
_names = st.sampled_from(["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "traceparent"])
_prefixes = st.sampled_from(["cloudEvents:", "cloudEvents_", "ce_", "ce-"])
_keys = _text | st.binary(max_size=20) | st.builds("{}{}".format, _prefixes, _names) | st.just("content-type")


def check(body: bytes, content_type: str | None, properties: Mapping[Any, object], form: BodyForm = "data") -> None:
    found = read_envelope(body, content_type, properties, form)
    judge(found.read(REGISTRY) if isinstance(found, Envelope) else found)


def judge(read: object) -> None:
    if isinstance(read, Event):
        # All that is published, stored or logged because of it can be written.
        said = answer(read, SAMPLES[-1].model_copy(update={"order_id": read.saga_id}), source="/s", time=NOON)
        assert from_json(json.loads(encode(to_json(said))), REGISTRY) == said
        json.dumps(to_json(read), allow_nan=False, ensure_ascii=False).encode()
        assert len(read.key.encode()) == 32
    else:
        detail: str = read.detail  # type: ignore[attr-defined] # an Unreadable, or the test fails
        assert len(detail.encode().splitlines()) == 1
        assert detail.isprintable()


@given(
    st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    _content_types,
    st.dictionaries(_keys, _amqp, max_size=6),
    st.sampled_from(get_args(BodyForm)),
)
def test_any_bytes_with_any_properties(
    body: bytes, content_type: str | None, properties: dict[Any, Any], form: BodyForm
) -> None:
    check(body, content_type, properties, form)


@st.composite
def near_misses(draw: st.DrawFn) -> dict[str, Any]:
    """A valid event of any type in which a few values, anywhere, are replaced, added or missing."""
    event: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(EVENTS))))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = event
        while True:
            if isinstance(place, dict):
                key: Any = draw(st.sampled_from(sorted(place)) | _text) if place else draw(_text)
            elif isinstance(place, list) and place:
                key = draw(st.integers(0, len(place) - 1))
            else:
                break
            inner = place.get(key) if isinstance(place, dict) else place[key]
            if isinstance(inner, dict | list) and draw(st.booleans()):
                place = inner
                continue
            if isinstance(place, dict) and draw(st.booleans()):
                place.pop(key, None)
            else:
                place[key] = draw(JSON)
            break
    return event


@given(near_misses(), _content_types)
def test_near_misses_of_valid_events_in_structured_mode(event: dict[str, Any], content_type: str | None) -> None:
    check(json.dumps(event).encode(), content_type, {})


@given(near_misses())
def test_near_misses_of_valid_events_that_are_json_values_already(event: dict[str, Any]) -> None:
    """Python's own parser lets lone surrogates and NaN through, and the command line uses it."""
    found = open_envelope(event)
    judge(found.read(REGISTRY) if isinstance(found, Envelope) else found)


@given(near_misses(), _prefixes, _content_types, st.dictionaries(_keys, _amqp, max_size=2))
def test_near_misses_of_valid_events_in_binary_mode(
    event: dict[str, Any], prefix: str, content_type: str | None, beside: dict[Any, Any]
) -> None:
    body = json.dumps(event.pop("data", None)).encode()
    check(body, content_type, {prefix + name: value for name, value in event.items()} | beside)


@given(near_misses(), st.integers(0, 3000), st.binary(max_size=3))
def test_bytes_of_valid_events_that_were_damaged(event: dict[str, Any], at: int, instead: bytes) -> None:
    body = json.dumps(event).encode()
    check(body[:at] + instead + body[at + len(instead) :], CONTENT_TYPE, {})


def test_every_type_is_among_the_events_that_are_damaged() -> None:
    assert {event["type"] for event in EVENTS} == set(REGISTRY)
