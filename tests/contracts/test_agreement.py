"""The published schemas and the models agree: a validator of JSON Schema and the reader judge every value alike."""

from typing import Any, ClassVar, Final, Literal

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from pydantic import ValidationError

from quartet import EventData, SagaId
from quartet.events import json_schemas
from tests.contracts.agreed import MODELS, SAMPLES, SCHEMAS, VALUES, check, is_at_an_end, places, replaced, without
from tests.contracts.made import ANY_JSON, values


@pytest.mark.parametrize(("name", "data"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_both_take_each_sample_and_judge_each_change_of_it_alike(name: str, data: dict[str, Any]) -> None:
    assert check(name, data)
    for path in places(data):
        check(name, without(data, path))
        for value in VALUES:
            check(name, replaced(data, path, value))


VALID: Final = {name: values(kinds["data"], kinds["data"]) for name, kinds in SCHEMAS.items()}


@st.composite
def near(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Data that the schema allows, with up to two values replaced or left out."""
    name = draw(st.sampled_from(sorted(MODELS)))
    data: dict[str, Any] = draw(VALID[name])
    for _ in range(draw(st.integers(0, 2))):
        found = list(places(data))
        if not found:
            break
        path = draw(st.sampled_from(found))
        if draw(st.booleans()):
            data = without(data, path)
        else:
            data = replaced(data, path, draw(ANY_JSON | st.sampled_from(VALUES)))
    return name, data


def judge(made: tuple[str, dict[str, Any]]) -> None:
    name, data = made
    event(f"taken: {is_at_an_end(data) or check(name, data)}")


@settings(max_examples=300, deadline=None)
@given(near())
def test_both_judge_made_values_alike(made: tuple[str, dict[str, Any]]) -> None:
    judge(made)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(near())
def test_both_judge_thousands_of_made_values_alike(made: tuple[str, dict[str, Any]]) -> None:
    judge(made)


@pytest.mark.parametrize(
    "time", ["1969-12-31T23:00:00-01:00", "1970-01-01T01:00:00+01:00", "9000-01-01T00:30:00+01:00"]
)
def test_a_time_near_an_end_of_the_range_that_the_model_takes_follows_the_schema(time: str) -> None:
    """The other way round it is not so: a pattern cannot compute that 1970-01-01T00:00:00+01:00 is in 1969."""
    assert check("shop/OrderCreated.v1", SAMPLES[0][1] | {"complete_by": time})
    for outside in (
        "1969-12-31T23:00:00Z",
        "1969-12-30T23:59:59-23:59",
        "9000-01-01T00:00:00Z",
        "9000-01-02T00:00:00+23:59",
    ):
        assert not check("shop/OrderCreated.v1", SAMPLES[0][1] | {"complete_by": outside})


class Measured(EventData):
    """An event of a user who has read nothing: plain types."""

    type: ClassVar[str] = "Measured.v1"
    room: SagaId
    whole: int
    number: float
    yes: bool
    several: tuple[int, ...] = ()
    named: dict[str, int] | None = None
    perhaps: int | None = None
    either: int | str = 0
    level: Literal["low", "high"] = "low"


@pytest.mark.parametrize("field", ["whole", "number", "yes", "several", "named", "perhaps", "either", "level"])
def test_plain_types_agree_too(field: str) -> None:
    """Pydantic would take "12" and true for a whole number, and "yes" for true."""
    schema = json_schemas([Measured])["Measured.v1"]["data"]
    validator = Draft202012Validator(schema, validate_formats=True)
    valid = {"room": "r-1", "whole": 1, "number": 1.5, "yes": True}
    # A number that no double can carry has no place in a field of that type.
    carried = [one for one in VALUES if one != 10**400]
    for value in (*carried, *([one] for one in carried), *({"a": one} for one in carried)):
        data = valid | {field: value}
        try:
            read = Measured.model_validate(data)
        except ValidationError:
            assert not validator.is_valid(data), data
        else:
            assert validator.is_valid(data), data
            assert Measured.model_validate(read.to_json()) == read
