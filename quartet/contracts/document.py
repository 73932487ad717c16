"""The contracts of an application as one document, which is kept beside the code and read at the last release."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from quartet.choreography import Choreography
from quartet.contracts.schema_changes import SAYS_NOTHING
from quartet.events import EventData, json_schemas
from quartet.events.base import saga_field

FORMAT: Final = 1
_DERIVED: Final = "(derived)"
# In a document of contracts, words for people would be changes that are none.
_FOR_PEOPLE: Final = SAYS_NOTHING - {"$defs"}

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contract:
    """What a version of an event promises.

    Attributes:
        said_by: who may say it; nothing if any client may.
        saga_id: the field that names its saga, or that it is derived from several.
        data: the JSON Schema of its data.
    """

    said_by: tuple[str, ...]
    saga_id: str
    data: Schema


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts of an application.

    Attributes:
        attributes: the JSON Schemas of the attributes that every event has.
        events: by type.
    """

    application: str
    attributes: Schema
    events: Mapping[str, Contract]

    def to_text(self) -> str:
        """The document: JSON, with each list on one line. Equal contracts are equal text."""
        events = {
            type_: {"said_by": list(one.said_by), "saga_id": one.saga_id, "data": one.data}
            for type_, one in self.events.items()
        }
        document = {
            "contracts": FORMAT, "application": self.application, "attributes": self.attributes, "events": events,
        }  # fmt: skip
        return _text(document, "") + "\n"


def contracts_of(app: Choreography) -> Contracts:
    """The contracts of the code."""
    schemas = json_schemas(app.events.models)
    events = {
        model.type: Contract(tuple(model.said_by), _saga_id(model), _plain(schemas[model.type]["data"]))
        for model in app.events.models
    }
    attributes: Schema = {}
    for both in schemas.values():
        names = {name: schema for name, schema in both["event"]["properties"].items() if name not in {"data", "type"}}
        required = [name for name in both["event"]["required"] if name in names]
        attributes = _plain({"type": "object", "properties": names, "required": required})
    return Contracts(app.name, attributes, events)


def read_contracts(text: str) -> Contracts:
    """The contracts in a document.

    Raises:
        ValueError: it is none, or one of a later release of Quartet.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or "contracts" not in document:
        raise ValueError("not a document of contracts: write it with `quartet schema --save`")
    if document["contracts"] != FORMAT:
        raise ValueError(f"has form {document['contracts']}; this release of Quartet reads form {FORMAT}")
    try:
        events = {
            str(type_): Contract(tuple(one["said_by"]), str(one["saga_id"]), dict(one["data"]))
            for type_, one in document["events"].items()
        }
        return Contracts(str(document["application"]), dict(document["attributes"]), events)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"is not complete: {type(error).__name__}: {error}") from error


def _saga_id(model: type[EventData]) -> str:
    name = saga_field(model) if model.saga_id is EventData.saga_id else None
    return name or _DERIVED


def _plain(schema: Mapping[str, Any]) -> Schema:
    """The schema without the words for people. Names of fields stay, also where one is called `title`."""
    plain: Schema = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            plain[key] = {name: _plain(one) for name, one in value.items()}
        elif key not in _FOR_PEOPLE:
            plain[key] = _plain_value(value)
    return plain


def _plain_value(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(value, Mapping):
        return _plain(value)
    return [_plain_value(one) for one in value] if isinstance(value, list) else value


def _text(value: object, indent: str) -> str:
    if not isinstance(value, dict) or not value or _is_short(value):
        return json.dumps(value, ensure_ascii=True)
    lines = [f"{indent} {json.dumps(name)}: {_text(one, indent + ' ')}" for name, one in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _is_short(value: dict[str, Any]) -> bool:
    return not any(isinstance(one, dict) for one in value.values())
