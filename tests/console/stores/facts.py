"""Events of a trip as the projection takes them."""

from collections.abc import Sequence
from typing import Final

from quartet.console.projection.facts import Batch, Fact, Key, Place, Position, Raw, Term
from quartet.console.views import Kind

MINUTE: Final = 29_000_000
"""Since 1970: in February 2025."""
NOW: Final = (MINUTE + 2) * 60_000
MAIN: Final = Place("trips", "0")
OTHER: Final = Place("trips", "1")
FROM_OUTSIDE: Final = Place("inbound", "0")

KINDS: Final[dict[str, Kind]] = {
    "TripBooked.v1": "input",
    "RoomReserved.v1": "step",
    "SeatRefused.v1": "compensation",
    "RoomReleased.v1": "compensation",
    "TripTaken.v1": "end",
    "TripCancelled.v1": "failed_end",
}


def fact(
    saga: str,
    type_: str,
    number: int,
    *,
    place: Place = MAIN,
    at: int | None = None,
    event_id: str | None = None,
    cause: str | None = None,
    problem: str = "",
    reason: str = "",
    terms: Sequence[tuple[str, str]] = (),
    body: bytes = b"{}",
) -> Fact:
    """An event. It came a second for each number after `MINUTE`, unless `at` says so (in ms)."""
    return Fact(
        key=Key(MINUTE * 60_000 + number * 1000 if at is None else at, *place, number),
        saga=saga,
        type=type_,
        label=type_.removesuffix(".v1"),
        kind="unknown" if problem else KINDS[type_],
        source="/travel",
        sayer="travel",
        event_id=event_id or f"{saga}-{type_}",
        causation_id=cause,
        remark="to Ghent",
        problem=problem,
        reason=reason,
        terms=tuple(Term(*term) for term in terms),
        trace_id="0af7651916cd43dd8448eb211c80319c",
        raw=Raw("application/json", body, len(body), {"note": "äöü", "size": 7}),
    )


def batch(*facts: Fact, place: Place = MAIN, strays: int = 0, upto: int | None = None) -> Batch:
    """A batch that ends with its last event, or at `upto`."""
    last = facts[-1].key.sequence_number if upto is None else upto
    at = max((one.key.at for one in facts), default=MINUTE * 60_000)
    return Batch(place, Position(last, at), facts, strays)


def taken(saga: str, first: int, **more: Sequence[tuple[str, str]]) -> list[Fact]:
    """A trip that was taken: three events, each because of the one before."""
    return [
        fact(saga, "TripBooked.v1", first, terms=[("traveller_id", "t-1"), *more.get("terms", ())]),
        fact(saga, "RoomReserved.v1", first + 1, cause=f"{saga}-TripBooked.v1"),
        fact(saga, "TripTaken.v1", first + 2, cause=f"{saga}-RoomReserved.v1"),
    ]


def cancelled(saga: str, first: int) -> list[Fact]:
    """A trip that was cancelled, with a compensation."""
    return [
        fact(saga, "TripBooked.v1", first),
        fact(saga, "SeatRefused.v1", first + 1, reason="sold_out", terms=[("reason", "sold_out")]),
        fact(saga, "TripCancelled.v1", first + 2, reason="sold_out"),
    ]
