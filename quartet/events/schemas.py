"""JSON Schema of every event, for clients that are not written in Python."""

from collections.abc import Collection, Iterable
from typing import Any

from quartet.events.attributes import LONGEST_ATTRIBUTE, LONGEST_SOURCE
from quartet.events.base import EventData
from quartet.events.fields import SAGA_ID_PATTERN
from quartet.events.media_type import JSON_TYPE_PATTERN
from quartet.events.rfc3339 import TIME_PATTERN
from quartet.events.text import NONCHARACTERS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CLOUDEVENTS_STRING = rf"^[^\u0000-\u001f\u007f-\u009f{NONCHARACTERS}]*$"


def json_schemas(
    models: Iterable[type[EventData]], *, outdated: Collection[type[EventData]] = ()
) -> dict[str, dict[str, Any]]:
    """Per type two schemas (JSON Schema 2020-12): its `data`, and `event`, the structured CloudEvent.

    Those of the models that are `outdated`, because there is a newer version, are marked as deprecated.
    """
    schemas: dict[str, dict[str, Any]] = {}
    for model in models:
        mark = {"deprecated": True} if model in outdated else {}
        schemas[model.type] = {"data": _data_schema(model) | mark, "event": _event_schema(model) | mark}
    return schemas


def _data_schema(model: type[EventData]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:quartet:data:{model.type}", **model.model_json_schema()}


def _event_schema(model: type[EventData]) -> dict[str, Any]:
    data = model.model_json_schema()
    # References in a schema start at its root, so the parts that the data refers to move up there.
    parts = data.pop("$defs", None)
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "$id": f"urn:quartet:event:{model.type}",
        "title": model.type,
        "description": data.get("description", model.type),
        "type": "object",
        "properties": _attributes(model) | {"data": data},
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
    }
    return schema | {"$defs": parts} if parts else schema


def _attributes(model: type[EventData]) -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST_ATTRIBUTE, "pattern": _CLOUDEVENTS_STRING}
    return {
        "specversion": {"const": "1.0"},
        "id": text,
        "source": text | {"maxLength": LONGEST_SOURCE, "description": "who said it: by CloudEvents, a URI reference"},
        "type": {"const": model.type},
        "subject": {"type": "string", "pattern": SAGA_ID_PATTERN, "description": "the saga id"},
        "time": {"type": "string", "format": "date-time", "pattern": TIME_PATTERN},
        "datacontenttype": _or_null({"type": "string", "pattern": JSON_TYPE_PATTERN}, "the form of `data`: JSON"),
        "correlationid": _or_null(text, "the saga id, unless the saga's first event says otherwise"),
        "causationid": _or_null(text, "the id of the event that caused this one"),
        "traceparent": {"description": "W3C trace context; what is none is ignored"},
    }


def _or_null(schema: dict[str, Any], description: str) -> dict[str, Any]:
    """An optional attribute: in CloudEvents, null is the same as leaving it out."""
    return {"anyOf": [schema, {"type": "null"}], "description": description}
