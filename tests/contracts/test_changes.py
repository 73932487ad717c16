"""The gate: each planted change of a released event, whom it breaks, and the changes that break nothing."""

import types
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field, field_validator

from quartet import Choreography, EventData, Part, Registry, SagaId
from quartet.contracts.comparing import breaking_changes
from quartet.contracts.document import contracts_of, read_contracts
from quartet.contracts.finding import Breaks
from quartet.events import OUTSIDE, WHOLE, Code, Currency, Money, Text, fit_amount

EVENTS, READERS = Breaks.OLD_EVENTS, Breaks.OLD_READERS
Count = Annotated[int, Field(strict=True, ge=1, le=9), WHOLE]


class Coat(Part):
    size: Count
    colour: Literal["red", "blue"] = "red"


FIELDS: dict[str, Any] = {
    "coat_id": (SagaId, ...),
    "owner": (Text, ...),
    "reason": (Code, "unspecified"),
    "coats": (Annotated[tuple[Coat, ...], Field(min_length=1, max_length=5)], ...),
    "weight": (int | None, None),
    "marks": (dict[str, int], {}),
}


def model(*, said_by: tuple[str, ...] = (OUTSIDE,), type_: str = "Handed.v1", **fields: Any) -> type[EventData]:  # noqa: ANN401
    """An event with these fields. A field that is None is left out."""
    kept = {name: field for name, field in (FIELDS | fields).items() if field is not None}
    space: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {
            **{name: annotation for name, (annotation, _) in kept.items()},
            "type": ClassVar[str],
            "said_by": ClassVar[tuple[str, ...]],
        },
        "type": type_,
        "said_by": said_by,
        **{name: default for name, (_, default) in kept.items() if default is not ...},
    }
    return types.new_class(type_.partition(".")[0], (EventData,), exec_body=lambda body: body.update(space))


def app(*models: type[EventData]) -> Choreography:
    return Choreography(name="cloakroom", events=Registry(*models))


RELEASED = contracts_of(app(model()))


def found(*models: type[EventData], retired: tuple[str, ...] = ()) -> list[tuple[str, Breaks]]:
    findings = breaking_changes(RELEASED, contracts_of(app(*models)), retired=retired)
    return [(one.change.path, one.change.breaks) for one in findings]


class Other(Part):
    size: Annotated[int, Field(strict=True, ge=1, le=9), WHOLE]
    colour: Literal["red", "blue"] = "red"


class Coloured(Part):
    size: Count
    colour: Literal["red", "blue", "green"] = "red"


class Pale(Part):
    size: Count
    colour: Literal["red"] = "red"


class Blue(Part):
    size: Count
    colour: Literal["red", "blue"] = "blue"


class Priced(Part):
    size: Count
    colour: Literal["red", "blue"] = "red"
    price: Money


class Turned(Part):
    colour: Literal["red", "blue"] = "red"
    size: Count = 1


def coats(part: type[Part], least: int = 1, most: int = 5) -> Any:  # noqa: ANN401 -- an annotation and a default
    return (Annotated[tuple[part, ...], Field(min_length=least, max_length=most)], ...)  # type: ignore[valid-type]


BREAKING: dict[str, tuple[Callable[[], type[EventData]], list[tuple[str, Breaks]]]] = {
    "a field is gone": (lambda: model(owner=None), [("owner", READERS)]),
    "an optional field is gone": (lambda: model(weight=None), [("weight", Breaks.MEANING)]),
    "a field is renamed": (lambda: model(owner=None, holder=(Text, ...)), [("owner", READERS), ("holder", EVENTS)]),
    "a new field is required": (lambda: model(price=(Money, ...)), [("price", EVENTS)]),
    "an optional field is required": (
        lambda: model(weight=(int | None, ...)),
        [("weight", EVENTS), ("weight", Breaks.MEANING)],
    ),
    "a required field is optional": (
        lambda: model(owner=(Text, "Ada")),
        [("owner", READERS), ("owner", Breaks.MEANING)],
    ),
    "another type": (lambda: model(owner=(int, ...)), [("owner", EVENTS), ("owner", READERS)]),
    "a wider type": (lambda: model(weight=(float | None, None)), [("weight", READERS)]),
    "null is taken": (lambda: model(reason=(Code | None, "unspecified")), [("reason", READERS)]),
    "null is no longer taken": (lambda: model(weight=(int, 0)), [("weight", EVENTS), ("weight", Breaks.MEANING)]),
    "text may be shorter": (
        lambda: model(owner=(Annotated[Text, Field(min_length=0)], ...)),
        [("owner", READERS)],
    ),
    "text must be shorter": (lambda: model(owner=(Annotated[Text, Field(max_length=9)], ...)), [("owner", EVENTS)]),
    "another pattern": (lambda: model(owner=(Code, ...)), [("owner", READERS), ("owner", READERS)]),
    "a higher limit": (
        lambda: model(coats=coats(Coat, most=6)),
        [("coats", READERS)],
    ),
    "a lower limit": (lambda: model(coats=coats(Coat, least=2)), [("coats", EVENTS)]),
    "another value of an enumeration": (lambda: model(coats=coats(Coloured)), [("coats[].colour", READERS)]),
    "a value less": (lambda: model(coats=coats(Pale)), [("coats[].colour", EVENTS)]),
    "another default": (lambda: model(coats=coats(Blue)), [("coats[].colour", Breaks.MEANING)]),
    "a required field of a part": (lambda: model(coats=coats(Priced)), [("coats[].price", EVENTS)]),
    "fields in another order": (
        lambda: model(coats=coats(Turned)),
        [
            ("coats[].size", READERS),
            ("coats[].size", Breaks.MEANING),
            ("coats[]", Breaks.DUPLICATES),
        ],
    ),
    "another value of a map": (lambda: model(marks=(dict[str, int | None], {})), [("marks{}", READERS)]),
    "another author": (lambda: model(said_by=(OUTSIDE, "desk")), [("said_by", READERS)]),
    "an author less": (lambda: model(said_by=("desk",)), [("said_by", EVENTS), ("said_by", READERS)]),
    "no author": (lambda: model(said_by=()), [("said_by", READERS)]),
    "another field names the saga": (
        lambda: model(coat_id=(Text, ...), owner=(SagaId, ...)),
        [
            ("saga id", Breaks.MEANING),
            ("coat_id", EVENTS),
            ("coat_id", Breaks.UNKNOWN),
            ("owner", READERS),
            ("owner", Breaks.UNKNOWN),
        ],
    ),
}


@pytest.mark.parametrize("change", BREAKING)
def test_a_breaking_change_is_found_with_what_it_breaks(change: str) -> None:
    make, expected = BREAKING[change]
    got = found(make())
    assert {path for path, _ in got} == {path for path, _ in expected}, got
    assert set(expected) <= set(got), got
    assert EVENTS not in {breaks for _, breaks in got} - {breaks for _, breaks in expected}, got


class Documented(Part):
    """A coat, said in other words."""

    size: Annotated[int, Field(strict=True, ge=1, le=9, description="of the label"), WHOLE]
    colour: Literal["red", "blue"] = "red"


HARMLESS: dict[str, Callable[[], tuple[type[EventData], ...]]] = {
    "nothing": lambda: (model(),),
    "a new optional field": lambda: (model(note=(Text | None, None)),),
    "a new field with a default": lambda: (model(note=(Text, "none")),),
    "a new version": lambda: (model(), model(type_="Handed.v2", price=(Money, ...))),
    "a new event": lambda: (model(type_="Fetched.v1"), model()),
    "another name of a part": lambda: (model(coats=coats(Other)),),
    "another text": lambda: (model(coats=coats(Documented)),),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_a_compatible_change_is_none(change: str) -> None:
    assert found(*HARMLESS[change]()) == []


def test_an_event_that_is_gone_is_found_unless_it_is_retired() -> None:
    other = model(type_="Fetched.v1")
    assert found(other) == [("", EVENTS)]
    assert found(other, retired=("Handed.v1",)) == []
    assert found() == [("", EVENTS)]


def test_a_finding_is_one_line_that_says_where_what_whom_and_what_to_do() -> None:
    (finding,) = breaking_changes(RELEASED, contracts_of(app(model(owner=None))))
    assert str(finding) == (
        "Handed.v1 owner: the field is gone. Breaks old readers: a service of the old release would refuse what the "
        "new one says. Leave Handed.v1 as it was, and make Handed.v2 with an upcast"
    )


def test_a_limit_of_the_envelope_is_a_limit_of_every_event() -> None:
    now = contracts_of(app(model()))
    now.attributes["properties"]["id"]["maxLength"] = 64
    assert [str(one).partition(".")[0] for one in breaking_changes(RELEASED, now)] == [
        "every event id: maxLength was 256, is 64"
    ]


class Paid(EventData):
    type: ClassVar[str] = "Paid.v1"
    coat_id: SagaId
    currency: Currency
    price: Money
    _fit = field_validator("price")(fit_amount)


class PaidAndTipped(Paid):
    tip: Money | None = None
    _fit_tip = field_validator("tip")(fit_amount)


class PaidSomehow(EventData):
    type: ClassVar[str] = "Paid.v1"
    coat_id: SagaId
    currency: Currency
    price: Money


def test_a_condition_of_a_new_field_breaks_nothing_and_one_of_a_known_field_does() -> None:
    paid, tipped, loose = (contracts_of(app(one)) for one in (Paid, PaidAndTipped, PaidSomehow))
    assert breaking_changes(paid, tipped) == ()
    assert [str(one.change.breaks) for one in breaking_changes(paid, loose)] == [READERS]
    assert [str(one.change.breaks) for one in breaking_changes(loose, paid)] == [EVENTS]


def test_contracts_are_read_as_they_were_written() -> None:
    assert read_contracts(RELEASED.to_text()) == RELEASED
    assert [*read_contracts(RELEASED.to_text()).events["Handed.v1"].data["properties"]] == [*FIELDS]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expecting value"),
        ("[]", "not a document of contracts"),
        ("{}", "not a document of contracts"),
        ('{"contracts": 2}', "has form 2; this release of Quartet reads form 1"),
        ('{"contracts": 1}', "is not complete: KeyError"),
        ('{"contracts": 1, "application": "a", "attributes": {}, "events": {"A.v1": 1}}', "is not complete: TypeError"),
    ],
)
def test_what_is_no_document_of_contracts_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_contracts(text)
