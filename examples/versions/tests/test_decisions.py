"""One decision about each version."""

from decimal import Decimal

import pytest

from examples.versions.accounts import ACCOUNTS, Account
from examples.versions.events import EVENTS, OrderCreatedV3, OrderEvent, OrderPrinted, OrderPrintedV2
from examples.versions.printing import PRINTER, Job
from examples.versions.tests.orders import OTHER, PRICE, SAME
from quartet import Decided, Ignored, Rejected
from quartet.testing import decide

PRINTED = (OrderPrintedV2(order_id="o-1", copies=1),)
NEWEST = SAME[2].fingerprint()


@pytest.mark.parametrize("order", SAME, ids=lambda order: order.type)
def test_the_printer_has_one_handler_for_three_versions(order: OrderEvent) -> None:
    assert decide(PRINTER, order) == Decided(Job(NEWEST), PRINTED, "printed")


@pytest.mark.parametrize(("order", "form"), tuple(zip(SAME, ("single", "single", "list"), strict=True)))
def test_accounts_get_each_version_as_the_first_one_that_they_handle(order: OrderEvent, form: str) -> None:
    assert decide(ACCOUNTS, order) == Decided(Account(form, "EUR", PRICE), (), "noted")


def test_an_old_answer_is_upcast_too() -> None:
    assert decide(ACCOUNTS, OrderPrinted(order_id="o-1")) == Decided(Account(copies=1), (), "noted")


@pytest.mark.parametrize("repeat", SAME, ids=lambda order: order.type)
@pytest.mark.parametrize("first", SAME, ids=lambda order: order.type)
def test_the_same_data_is_a_duplicate_whichever_version_said_it_first(first: OrderEvent, repeat: OrderEvent) -> None:
    """`first` is what a release that knew that version alone has stored."""
    assert decide(PRINTER, repeat, Job(first.fingerprint())) == Ignored("already printed")


@pytest.mark.parametrize("other", OTHER, ids=lambda order: order.type)
@pytest.mark.parametrize("first", SAME, ids=lambda order: order.type)
def test_other_data_is_no_duplicate(first: OrderEvent, other: OrderEvent) -> None:
    assert isinstance(decide(PRINTER, other, Job(first.fingerprint())), Rejected)


def test_a_participant_is_heard_to_hear_every_version() -> None:
    versions = {model.type for model in EVENTS.models}
    assert PRINTER.hears == PRINTER.opens == versions - {"OrderPrinted.v1", "OrderPrinted.v2"}
    assert ACCOUNTS.hears == versions
    assert PRINTER.reaction_to(type(SAME[0])).event is OrderCreatedV3
    assert Decimal("18.50") == PRICE
