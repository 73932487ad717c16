"""Accounts: must tell how an order was written, so it handles two versions. Version 1 is upcast to the nearer one."""

from dataclasses import dataclass, replace
from decimal import Decimal

from examples.versions.events import EVENTS, OrderCreatedV2, OrderCreatedV3, OrderPrintedV2
from quartet import Decided, Event, Ignored, Outcome, Participant, on


@dataclass(frozen=True, slots=True)
class Account:
    """What accounts know of an order.

    Attributes:
        form: how it was written: `single` or `list`.
        copies: how many were printed, once that is known.
    """

    form: str = ""
    currency: str = ""
    total: Decimal = Decimal(0)
    copies: int = 0


async def note_single(event: Event[OrderCreatedV2], known: Account | None, _: None) -> Outcome[Account]:
    """Note an order of one book."""
    return _noted("single", event.data.currency, event.data.price, known)


async def note_list(event: Event[OrderCreatedV3], known: Account | None, _: None) -> Outcome[Account]:
    """Note an order of several books."""
    return _noted("list", event.data.currency, event.data.total, known)


async def note_copies(event: Event[OrderPrintedV2], known: Account | None, _: None) -> Outcome[Account]:
    """Note what was printed, also before the order is known."""
    return Decided(replace(known or Account(), copies=event.data.copies), (), "noted")


def _noted(form: str, currency: str, total: Decimal, known: Account | None) -> Outcome[Account]:
    if known is not None and known.form:
        return Ignored("already noted")
    return Decided(replace(known or Account(), form=form, currency=currency, total=total), (), "noted")


ACCOUNTS: Participant[Account, None] = Participant(
    events=EVENTS,
    name="accounts",
    database="accounts",
    container="accounts",
    state=Account,
    reactions=(
        on(OrderCreatedV2, note_single, creates=True),
        on(OrderCreatedV3, note_list, creates=True),
        on(OrderPrintedV2, note_copies),
    ),
    acts_outside=False,
)
