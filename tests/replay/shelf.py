"""A small application: a book is placed on a shelf, and gets a label from a printer."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from quartet import (
    Choreography,
    Decided,
    Event,
    EventData,
    Ignored,
    Outcome,
    Participant,
    Registry,
    Rejected,
    SagaId,
    on,
)
from quartet.events import OUTSIDE


class Placed(EventData):
    type: ClassVar[str] = "Placed.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)

    book_id: SagaId
    title: str


class Removed(EventData):
    type: ClassVar[str] = "Removed.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)

    book_id: SagaId


class Labelled(EventData):
    type: ClassVar[str] = "Labelled.v1"
    said_by: ClassVar[tuple[str, ...]] = ("shelf",)

    book_id: SagaId
    label: str


EVENTS = Registry(Placed, Removed, Labelled)
PLACED = Placed(book_id="b-1", title="Persuasion")


@dataclass(frozen=True, slots=True)
class Book:
    title: str
    label: str = ""


@dataclass
class Printer:
    """Prints labels. `errors` are raised first, one for each call."""

    broken: bool = False
    errors: list[Exception] = field(default_factory=list)
    shredded: list[str] = field(default_factory=list)

    async def label(self, title: str) -> str:
        if self.errors:
            raise self.errors.pop(0)
        if self.broken:
            raise LookupError("no paper")
        return title[:3].upper()

    async def shred(self, label: str) -> None:
        self.shredded.append(label)


async def place(event: Event[Placed], book: Book | None, printer: Printer) -> Outcome[Book]:
    if book is not None:
        if book.title != event.data.title:
            return Rejected("another_title", "the place is taken")
        return Ignored("duplicate")
    label = await printer.label(event.data.title)
    said = Labelled(book_id=event.data.book_id, label=label)
    return Decided(Book(event.data.title, label), (said,), "placed")


async def remove(event: Event[Removed], book: Book | None, printer: Printer) -> Outcome[Book]:
    if book is None:
        return Ignored(f"{event.saga_id} is not there")
    await printer.shred(book.label)
    return Decided(Book(book.title), (), "removed")


def shelf_with(**changes: object) -> Choreography:
    """The application, with something else in its participant."""
    parts: dict[str, Any] = {
        "events": EVENTS,
        "name": "shelf",
        "database": "shelf",
        "container": "books",
        "state": Book,
        "reactions": (on(Placed, place, says={Labelled}, creates=True), on(Removed, remove)),
    }
    return Choreography("shelf", EVENTS, (Participant(**{**parts, **changes}),), inputs=(Placed, Removed))


SHELF = shelf_with()
