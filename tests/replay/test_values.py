"""What is recorded comes back equal, or is refused with its reason."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartet.engine.errors import OutageError, TransientError
from quartet.engine.recording.raised import read_error, written_error
from quartet.engine.recording.values import UnreadableValueError, UnwritableError, digest, read, written
from services.payment.gateway import AlreadyCharged, GatewayTimeout
from shared.events import Shortage


class Colour(StrEnum):
    RED = "red"


class Size(Enum):
    BIG = (3, 4)


@dataclass(frozen=True)
class Parcel:
    weight: Decimal
    colour: Colour
    parts: tuple["Parcel", ...] = ()


@dataclass(frozen=True)
class Forgets:
    """What it is made of is not what it has."""

    given: int
    kept: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", self.given)
        object.__setattr__(self, "given", 0)


@dataclass(eq=False)
class Itself:
    """Equal to nothing else."""

    name: str


class Pair(NamedTuple):
    one: int


class OddError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class AnyText(str):
    """Not exactly a text."""

    __slots__ = ()


PARCEL = Parcel(Decimal("1.50"), Colour.RED, (Parcel(Decimal(2), Colour.RED),))
VALUES = [
    *(None, True, 7, 1.5, "é\x7f", Decimal("8.90"), b"\x00\xff", UUID(int=7), timedelta(days=-1, microseconds=3)),
    *(datetime(2026, 1, 1, 12, tzinfo=UTC), date(2026, 1, 1), Colour.RED, Size.BIG, PARCEL),
    *([1, (2, "x")], {"a": {"$": 1}}, {1: "one", None: 2}, frozenset({3, 1, 2}), {"b", "a"}),
    *(AlreadyCharged("p-1", Decimal("8.90"), "EUR"), Shortage(product_id="viola", requested=2, available=1)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_equal_and_with_its_type(value: object) -> None:
    again = read(json.loads(json.dumps(written(value))))
    assert (again, type(again)) == (value, type(value))


_plain = st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False) | st.binary()


@given(st.recursive(_plain, lambda some: st.lists(some) | st.tuples(some) | st.dictionaries(st.text(), some)))
def test_so_does_any_of_them_in_any_other(value: object) -> None:
    assert read(json.loads(json.dumps(written(value)))) == value


async def stream() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "nan is no JSON number"),
        (Decimal("NaN"), "a decimal:Decimal does not come back as it was"),
        (object(), "a builtins:object cannot be written"),
        (stream(), "the type builtins:async_generator is not found by its name"),
        (Pair(1), "Pair cannot be written"),
        (AnyText("x"), "AnyText cannot be written"),
        (Forgets(3), "Forgets does not come back as it was"),
        (Itself("a"), "Itself does not come back as it was"),
        ([PARCEL, {"x": object()}], "a builtins:object cannot be written"),
    ],
)
def test_what_would_not_come_back_is_refused(value: object, why: str) -> None:
    with pytest.raises(UnwritableError, match=f"{why}$"):
        written(value)


def test_a_type_of_a_function_is_not_found_again() -> None:
    @dataclass
    class Local:
        one: int

    with pytest.raises(UnwritableError, match="Local is not found by its name"):
        written(Local(1))


@pytest.mark.parametrize(
    "told",
    [
        {"$": "no.such.module:Thing", "of": {}},
        {"$": "os:system", "of": "true"},
        {"$": "subprocess:Popen", "of": {"args": ["true"]}},
        {"$": "decimal", "of": "one"},
        {"$": "timedelta", "of": "long"},
        {"$": f"{__name__}:Colour", "of": "blue"},
        {"$": f"{__name__}:Parcel", "of": {"height": 3}},
    ],
    ids=repr,
)
def test_what_cannot_be_made_is_refused_and_nothing_is_imported_or_called(told: object) -> None:
    with pytest.raises(UnreadableValueError):
        read(told)


def test_equal_arguments_have_equal_digests_and_others_have_not() -> None:
    same = digest((Decimal("8.90"), {"b": 1, "a": 2}), {"key": "k-1"})
    assert digest((Decimal("8.90"), {"a": 2, "b": 1}), {"key": "k-1"}) == same
    others = {
        digest((Decimal("8.91"), {"a": 2, "b": 1}), {"key": "k-1"}),
        digest((Decimal("8.90"), {"a": 2, "b": 1}), {"key": "k-2"}),
        digest((Decimal("8.90"), {"a": 2, "b": 1}, "k-1"), {}),
        digest(("8.90", {"a": 2, "b": 1}), {"key": "k-1"}),
    }
    assert len(others | {same}) == 5


def test_a_digest_does_not_depend_on_the_module_of_a_type(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest((PARCEL,), {})
    monkeypatch.setattr(Parcel, "__module__", "tests.replay")
    monkeypatch.setattr("tests.replay.Parcel", Parcel, raising=False)
    assert digest((PARCEL,), {}) == before


@pytest.mark.parametrize(
    "error", [GatewayTimeout("late"), TransientError(), OutageError("away", 3), ValueError(PARCEL)]
)
def test_an_error_comes_back_with_its_type_and_arguments(error: Exception) -> None:
    again = read_error(json.loads(json.dumps(written_error(error))))
    assert (type(again), again.args) == (type(error), error.args)


def test_an_error_that_would_mean_something_else_is_refused() -> None:
    with pytest.raises(UnwritableError):
        written_error(OddError(503))
    told = written_error(TransientError("late"))
    with pytest.raises(UnreadableValueError, match="was taken for PERMANENT, and is TRANSIENT now"):
        read_error(told | {"kind": "PERMANENT"})
    with pytest.raises(UnreadableValueError, match="is no longer an error"):
        read_error(told | {"type": f"{__name__}:Parcel"})
