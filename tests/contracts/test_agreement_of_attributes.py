"""The published schema of a whole event and the reader of its envelope judge every attribute alike."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from quartet.events import Envelope, Event, new_event, open_envelope, parse_time, to_json
from services.shop import SHOP
from tests.contracts.agreed import MODELS, SAMPLES, SCHEMAS, TIMES, VALUES, is_at_an_end
from tests.contracts.made import ANY_JSON, values

EVENT: Final = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "/pequod",
    "type": "PaymentVoided.v1",
    "subject": "ahab-1851",
    "time": "2026-03-01T12:00:00Z",
    "data": {"order_id": "ahab-1851"},
}
ATTRIBUTES: Final = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "correlationid")
WHOLE_EVENT: Final = Draft202012Validator(SCHEMAS["shop/PaymentVoided.v1"]["event"], validate_formats=True)


def check_event(whole: Mapping[str, Any]) -> bool:
    envelope = open_envelope(whole)
    read = envelope.read(SHOP.events) if isinstance(envelope, Envelope) else envelope
    # A schema cannot say that the subject is the order id of the data.
    taken = isinstance(read, Event) or "must be the saga id, ahab-1851" in read.detail
    assert WHOLE_EVENT.is_valid(whole) == taken, f"the reader says {read}: {whole}"
    return taken


@pytest.mark.parametrize("name", [*ATTRIBUTES, "causationid", "traceparent", "data", "unknown"])
def test_schema_and_reader_judge_every_attribute_alike(name: str) -> None:
    assert check_event(EVENT)
    check_event({key: value for key, value in EVENT.items() if key != name})
    types = (
        "application/json",
        "text/json; charset=utf-8",
        "application/a+JSON",
        "application/xml",
        "json",
        "a/+json",
        "a/json\x85",
        " a/json ;x",
        "ä/json",
    )
    odd = (
        "\ufffe",
        "\U0001ffff",
        "a b",
        "http://[",
        "x" * 256,
        "x" * 257,
        "x" * 1024,
        "x" * 1025,
        "ahab-1851",
        "/services/x",
    )
    for value in (*VALUES, *types, *odd):
        if not is_at_an_end(value):
            check_event(EVENT | {name: value})


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["id", "source", "time", "datacontenttype", "correlationid", "traceparent", "subject"]), st.data()
)
def test_schema_and_reader_judge_made_attributes_alike(name: str, data: st.DataObject) -> None:
    schema = SCHEMAS["shop/PaymentVoided.v1"]["event"]["properties"][name]
    made = data.draw(values(schema, schema) if "type" in schema or "anyOf" in schema else ANY_JSON)
    if not is_at_an_end(made):
        check_event(EVENT | {name: data.draw(st.sampled_from([made, f"{made} ", f"x{made}"]))})


@pytest.mark.parametrize(("name", "data"), SAMPLES[:15], ids=[name for name, _ in SAMPLES[:15]])
def test_what_is_said_follows_the_schema_of_the_event(name: str, data: dict[str, Any]) -> None:
    said = to_json(new_event(MODELS[name].model_validate(data), source="/services/x", time=parse_time(TIMES[1])))
    assert Draft202012Validator(SCHEMAS[name]["event"], validate_formats=True).is_valid(said)
