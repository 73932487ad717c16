"""An application as an AsyncAPI 3 document: its hubs as channels, its events as messages, who sends and receives what.

AsyncAPI has no binding for Event Hubs. That of AMQP 1.0 has no fields, and those of AMQP 0.9.1 and Kafka would say what
is not so: consumer groups are therefore extensions (`x-consumer-group`).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

from quartet.choreography import Choreography
from quartet.contracts.bundle import Bundle
from quartet.engine.declaration.hubs import Hub, Hubs, Layout
from quartet.engine.declaration.participant import Participant
from quartet.events import CONTENT_TYPE, OUTSIDE, EventData, Registry, json_schemas, new_event, service_source, to_json

VERSION: Final = "3.0.0"
_SERVER: Final = "event-hubs"
_NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
_ABOUT: Final = (
    "A choreography: participants react to each other's events, and no one coordinates them. Every message is a "
    "CloudEvent 1.0 in structured JSON; its subject is the saga. Delivery is at-least-once: a receiver recognises a "
    "duplicate by source and id."
)
_HUB: Final = (
    "An Event Hub. All events of one saga are in one partition: publish with the saga id as partition key. "
    "Requests of operators to redrive dead letters use the main hub, too; they are not a part of this document."
)

Json = dict[str, Any]


def asyncapi(app: Choreography, layout: Layout = "one") -> Json:
    """The document, for a deployment whose hubs are laid out like this. The same application, the same document.

    Raises:
        ValueError: the application cannot have this layout.
    """
    hubs = app.hubs(layout)
    bundle = Bundle()
    messages = {model.type: _message(app, model, bundle) for model in app.events.models}
    components = {"messages": messages, "schemas": bundle.schemas}
    return {
        "asyncapi": VERSION,
        "id": f"urn:quartet:application:{app.name}",
        # The events have versions, the application has none: equal contracts have an equal digest.
        "info": {"title": app.name, "version": f"contracts-{_digest(components)}", "description": _ABOUT},
        "defaultContentType": CONTENT_TYPE,
        "servers": {_SERVER: _server()},
        "channels": {hub.name: _channel(app.events, hub) for hub in hubs.all if _carried(app.events, hub)},
        "operations": dict(_operations(app, hubs)),
        "components": components,
    }


def _server() -> Json:
    return {
        "host": "{namespace}.servicebus.windows.net",
        "protocol": "amqps",
        "protocolVersion": "1.0",
        "description": "An Event Hubs namespace, through AMQP 1.0 and the SDKs of Azure.",
        "variables": {"namespace": {"description": "the name of the namespace", "examples": ["orders-prod"]}},
        "bindings": {"amqp1": {}},
    }


def _channel(events: Registry, hub: Hub) -> Json:
    carried = _carried(events, hub)
    return {
        "address": hub.name,
        "description": _HUB,
        "servers": [{"$ref": f"#/servers/{_SERVER}"}],
        "messages": {model.type: {"$ref": f"#/components/messages/{model.type}"} for model in carried},
        "bindings": {"amqp1": {}},
    }


def _carried(events: Registry, hub: Hub) -> list[type[EventData]]:
    return [model for model in events.models if not model.said_by or hub.authors.intersection(model.said_by)]


def _message(app: Choreography, model: type[EventData], bundle: Bundle) -> Json:
    schemas = json_schemas([model], outdated=app.events.outdated)[model.type]
    data = bundle.add(f"{model.type}.data", schemas["data"])
    event = {name: value for name, value in schemas["event"].items() if name != "$defs"}
    payload = bundle.add(f"{model.type}.event", event | {"properties": event["properties"] | {"data": data}})
    newer = next(app.events.newer(model), None)
    return {
        "name": model.type,
        "title": model.__name__,
        "summary": _first_line(model),
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": payload,
        "examples": [{"payload": _example(sample)} for sample in app.samples if type(sample) is model],
        "x-said-by": list(model.said_by),
        **({"x-ends-the-saga": True} if model in app.ends else {}),
        **({} if newer is None else {"x-read-as": newer.new.type}),
    }


def _example(sample: EventData) -> Json:
    says = sample.said_by
    source = "/outside" if not says or OUTSIDE in says else service_source(says[0])
    return to_json(new_event(sample, source=source, time=_NOON, id=f"example-{sample.type}"))


def _operations(app: Choreography, hubs: Hubs) -> Iterable[tuple[str, Json]]:
    inputs = [model for model in app.events.models if not model.said_by or OUTSIDE in model.said_by]
    if inputs:
        yield f"{_id(OUTSIDE)}.send", _operation("send", hubs.of_outside, inputs, "outside", "What comes from outside.")
    for one in app:
        for hub in hubs.read_by(one):
            heard = [model for model in _carried(app.events, hub) if model.type in one.hears]
            if heard:
                yield f"{one.name}.receive.{hub.name}", _receive(one, hub, heard)
        said = [model for model in app.events.models if model in one.says]
        if said:
            text = f"What {one.name} says."
            yield f"{one.name}.send", _operation("send", hubs.written_by(one.name), said, one.name, text)


def _receive(one: Participant[Any, Any], hub: Hub, heard: list[type[EventData]]) -> Json:
    operation = _operation("receive", hub, heard, one.name, f"What {one.name} hears.")
    says = {model.type: sorted(said.type for said in one.reaction_to(model).says) for model in heard}
    return operation | {"x-consumer-group": one.name, "x-says-about": says}


def _operation(action: str, hub: Hub, models: Iterable[type[EventData]], tag: str, summary: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{hub.name}"},
        "summary": summary,
        "tags": [{"name": tag}],
        "messages": [{"$ref": f"#/channels/{hub.name}/messages/{model.type}"} for model in models],
        "bindings": {"amqp1": {}},
    }


def _first_line(model: type[EventData]) -> str:
    return (model.__doc__ or model.type).strip().splitlines()[0]


def _id(author: str) -> str:
    return author.strip("()")


def _digest(contracts: Mapping[str, Any]) -> str:
    return blake2b(json.dumps(contracts, sort_keys=True).encode(), digest_size=6).hexdigest()
