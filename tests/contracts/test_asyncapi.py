"""The AsyncAPI document: its authors' parser takes it, and it says what the tables say."""

import copy
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema_rs import Draft7Validator

from examples.pipeline.app import PIPELINE
from examples.trip.app import TRIP
from examples.versions.app import PRESS
from quartet import Choreography
from quartet.contracts.asyncapi import asyncapi
from quartet.engine.declaration.hubs import LAYOUTS
from services.shop import SHOP
from tests.contracts.asyncapi_parser import judged

ROOT: Final = Path(__file__).parents[2]
APPS: Final = (SHOP, TRIP, PIPELINE, PRESS)


def errors(said: dict[str, Any]) -> list[str]:
    return [f"{one['path']}: {one['message']}" for one in said["found"] if one["severity"] in {"error", "warning"}]


def test_the_parser_takes_every_application_in_every_layout(tmp_path: Path) -> None:
    documents = {f"{app.name}-{layout}": asyncapi(app, layout) for app in APPS for layout in LAYOUTS}
    said = judged(tmp_path, documents)
    assert {name: errors(one) for name, one in said.items()} == {name: [] for name in documents}
    for app in APPS:
        for layout in LAYOUTS:
            has = said[f"{app.name}-{layout}"]["has"]
            assert sorted(has["messages"]) == sorted(app.events), "every event is on some hub"
            assert set(has["channels"]) <= {hub.name for hub in app.hubs(layout).all}
            assert any(operation.startswith(f"receive {app.names[0]}.receive.") for operation in has["operations"])


def planted(**changes: object) -> dict[str, Any]:
    """The document of the trip with a fault."""
    document = copy.deepcopy(asyncapi(TRIP))
    for path, value in changes.items():
        place: Any = document
        *way, last = path.split("__")
        for step in way:
            place = place[step.replace("_v1", ".v1")]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return document


def test_the_parser_finds_planted_faults(tmp_path: Path) -> None:
    """Otherwise it would prove nothing that it takes the others."""
    nowhere = {"$ref": "#/channels/nowhere"}
    documents: dict[str, object] = {
        "no title": planted(info__title=None),
        "wrong action": planted(operations={"flight": {"action": "listen", "channel": nowhere}}),
        "no such channel": planted(operations={"flight": {"action": "send", "channel": nowhere}}),
        "schema that is none": planted(components__schemas={"TripRequested.v1.event": {"type": "strange"}}),
        "nothing": {},
    }
    found = {name: errors(one) for name, one in judged(tmp_path, documents).items()}
    assert [name for name in documents if not found[name]] == []
    assert 'must have required property "title"' in " ".join(found["no title"]).replace("'", '"')


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_the_examples_follow_their_schemas_and_broken_ones_do_not(app: Choreography) -> None:
    """The parser does not look at them; and a lost reference would make a schema that takes everything."""
    components = asyncapi(app)["components"]
    for type_, message in components["messages"].items():
        validator = Draft7Validator(message["payload"] | {"components": components}, validate_formats=True)
        assert message["examples"], type_
        for example in message["examples"]:
            event = example["payload"]
            assert validator.is_valid(event)
            assert not validator.is_valid(event | {"type": "Other.v1"})
            for field in event["data"]:
                wrong = {"data": event["data"] | {field: {"of": "another type"}}}
                assert not validator.is_valid(event | wrong), f"{type_} {field}"


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_the_operations_are_those_of_the_tables(app: Choreography) -> None:
    operations = asyncapi(app)["operations"]
    for one in app:
        receives = operations[f"{one.name}.receive.{app.hub}"]
        assert {_last(ref) for ref in receives["messages"]} == one.hears
        assert receives["x-consumer-group"] == one.name
        for model in app.events.models:
            if model.type in one.hears:
                said = {said.type for said in one.reaction_to(model).says}
                assert set(receives["x-says-about"][model.type]) == said
        sends = operations.get(f"{one.name}.send", {"messages": []})
        assert {_last(ref) for ref in sends["messages"]} == {model.type for model in one.says}
    assert {_last(ref) for ref in operations["outside.send"]["messages"]} == {model.type for model in app.inputs}


def test_each_layout_has_its_hubs_and_their_messages() -> None:
    channels = {layout: asyncapi(SHOP, layout)["channels"] for layout in LAYOUTS}
    assert list(channels["one"]) == ["saga-events"]
    assert list(channels["inbound"]) == ["saga-events", "orders"]
    assert list(channels["inbound"]["orders"]["messages"]) == ["OrderCreated.v1", "OrderCancellationRequested.v1"]
    assert "OrderCreated.v1" not in channels["inbound"]["saga-events"]["messages"]
    assert "saga-events" not in channels["authors"], "requests of operators are not a part of it"


def test_an_old_version_says_what_it_is_read_as() -> None:
    document = asyncapi(PRESS)
    messages, schemas = document["components"]["messages"], document["components"]["schemas"]
    assert messages["OrderCreated.v1"]["x-read-as"] == "OrderCreated.v2"
    assert "x-read-as" not in messages["OrderCreated.v3"]
    assert schemas["OrderCreated.v1.event"]["deprecated"]
    assert messages["OrderPrinted.v1"]["x-ends-the-saga"]
    assert "deprecated" not in schemas["OrderCreated.v3.event"]


def test_equal_contracts_have_an_equal_version() -> None:
    versions = {layout: asyncapi(SHOP, layout)["info"]["version"] for layout in LAYOUTS}
    assert len(set(versions.values())) == 1
    assert asyncapi(TRIP)["info"]["version"] not in versions.values()


def test_the_document_in_the_docs_is_that_of_the_code() -> None:
    kept = (ROOT / "docs" / "asyncapi.json").read_text()
    assert json.loads(kept) == asyncapi(SHOP), "run quartet schema --format asyncapi > docs/asyncapi.json"


def test_the_table_in_the_docs_is_that_of_the_document() -> None:
    text = (ROOT / "docs" / "contracts.md").read_text().partition("The shop on one hub:")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\S+)` \| (.+) \|$", text, re.MULTILINE)
    operations = asyncapi(SHOP)["operations"].items()
    assert rows == [(name, ", ".join(f"`{_last(ref)}`" for ref in one["messages"])) for name, one in operations]


def _last(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]
