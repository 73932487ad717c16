"""What the tests of agreement share: the models, their validators, and values to put anywhere."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from jsonschema_rs import Draft202012Validator
from pydantic import ValidationError

from examples.pipeline.app import PIPELINE
from examples.trip.app import TRIP
from examples.versions.app import PRESS
from quartet import EventData
from quartet.events import explain, json_schemas
from services.shop import SHOP

APPS: Final = (SHOP, TRIP, PIPELINE, PRESS)
MODELS: Final = {f"{app.name}/{model.type}": model for app in APPS for model in app.events.models}
SCHEMAS: Final = {name: json_schemas([model])[model.type] for name, model in MODELS.items()}
VALIDATORS: Final = {
    name: Draft202012Validator(kinds["data"], validate_formats=True) for name, kinds in SCHEMAS.items()
}


def samples() -> Iterator[tuple[str, EventData]]:
    for app in APPS:
        for sample in app.samples:
            yield f"{app.name}/{sample.type}", sample


SAMPLES: Final = [(name, sample.to_json()) for name, sample in samples()]
TIMES: Final = ("2026-02-29T12:00:00Z", "2024-02-29T12:00:00Z", "2026-06-31T00:00:00Z", "1969-12-30T12:00:00Z")
VALUES: Final[Sequence[object]] = (
    *(
        None,
        True,
        False,
        [],
        {},
        [None],
        {"a": 1},
        "",
        " ",
        "x",
        "A",
        "\x00",
        "\ufdd0",
        "a\n",
        "\u2028",
        "é",
        "\U0001f40b",
    ),
    *(0, 1, -1, 2.0, 2.5, 1e2, -0.0, 1e300, 10**6, 10**6 + 1, 5 * 10**7, 2**53, 10**400, 1 + 2**-52),
    *("0", "1", "1.0", "1.00", "1.000", "1.0000", "1.00000", "01", "-1", "+1", "1e2", "1.", ".5", "٣", "true", "12"),
    *("9" * 12, "9" * 13, "9" * 20, "9" * 21, "9" * 12 + ".99", "9" * 20 + ".9999"),
    *("EUR", "JPY", "KWD", "CLF", "XAU", "eur", "NO", "UK"),
    *("2026-03-01T12:00:00Z", "2026-03-01T12:00:00", "2016-12-31T23:59:60Z", "9999-01-01T00:00:00Z", *TIMES),
    *("a" * length for length in (20, 21, 64, 65, 128, 129, 200, 201, 500, 501)),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    """The path of every value inside."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def at(data: Any, path: Sequence[Any]) -> Any:  # noqa: ANN401 - any JSON
    for key in path:
        data = data[key]
    return data


def replaced(data: Mapping[str, Any], path: Sequence[Any], value: object) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(data))
    at(copy, path[:-1])[path[-1]] = value
    return copy


def without(data: Mapping[str, Any], path: Sequence[Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(data))
    del at(copy, path[:-1])[path[-1]]
    return copy


def problem(name: str, data: object) -> str:
    try:
        MODELS[name].model_validate(data)
    except ValidationError as error:
        return explain(error)
    return ""


def check(name: str, data: object) -> bool:
    """Whether both take it. If they differ, the message says what the model does."""
    refused = problem(name, data)
    assert VALIDATORS[name].is_valid(data) == (not refused), f"{name}: the model says {refused or 'yes'}: {data}"
    return not refused


ENDS: Final = ("1969-12-31", "1970-01-01", "8999-12-31", "9000-01-01")


def is_at_an_end(data: object) -> bool:
    """Whether a time in it is near an end of the range, where a pattern cannot compute with the offset."""
    return any(end in json.dumps(data) for end in ENDS)
