"""The audit of a few sagas: by the rules that speak of single sagas, with a reason where a rule cannot be checked."""

from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from examples.trip.app import TRIP, all_or_nothing
from examples.trip.payment import Payment, Status
from examples.trip.provider import Moved
from quartet import Evidence
from quartet.cli.audit.evidence import StoredEvidence
from quartet.cli.audit.finding import Violation
from quartet.cli.audit.judging import judge
from quartet.cli.audit.ledgers import GuardedLedger
from quartet.cli.reading.stored import Unparsed, among
from quartet.engine.errors import ConfigurationError
from quartet.process.named_ports import Adapter
from services.operations.audit.invariants import audit_orders
from services.operations.audit.snapshot import Movement
from tests.cli.audited_shop import GRACE, shop

PORTS = ("flight", "hotel", "car", "payment")


def few_trips_are_paid(evidence: Evidence) -> Iterator[str]:
    """A rule about all trips together."""
    yield f"EUR: {len(evidence.sagas)} trips"


def paid_without_parts(*ledgers: str) -> StoredEvidence:
    evidence = StoredEvidence(ledgers, "effects_of")
    evidence.keep_state("payment", "t-1", Payment(status=Status.PAID))
    if "payment" in ledgers:
        evidence.keep_effect("payment", Moved("t-1", "sale_t-1", Decimal(5)))
    return evidence


def test_only_rules_about_single_sagas_are_checked_on_a_few() -> None:
    app = replace(TRIP, invariants=(few_trips_are_paid, all_or_nothing))
    with paid_without_parts(*PORTS) as evidence:
        found = judge(app, evidence, {"t-1"})
        assert [(one.number, one.holds, one.problem) for one in found] == [(2, False, ""), (3, True, "")]
        assert found[0].violations[0].subject == "t-1"
        assert [one.number for one in judge(app, evidence)] == [1, 2, 3]


def test_a_rule_whose_ledger_cannot_look_sagas_up_says_so() -> None:
    with paid_without_parts("flight") as evidence:
        [rule, _] = judge(TRIP, evidence, {"t-1"})
    assert (rule.holds, rule.violations) == (False, ())
    assert rule.problem == "hotel has no ledger: give its port the method effects_of"


def test_a_record_that_cannot_be_read_is_named_by_its_saga() -> None:
    with paid_without_parts(*PORTS) as evidence:
        evidence.unparsed = [Unparsed("hotel/trips", "t-1", "no"), Unparsed("hotel/book", "x", "no")]
        assert judge(TRIP, evidence, {"t-1"})[-1].violations == (
            Violation("t-1", "hotel/trips: no"),
            Violation("hotel/book/x", "no"),
        )


@dataclass
class Looks:
    """A ledger in which sagas can be looked up."""

    async def effects_of(self, saga_ids: Collection[str]) -> AsyncIterator[str]:
        for saga_id in sorted(saga_ids):
            yield saga_id


def guarded(port: object) -> GuardedLedger:
    return GuardedLedger(Adapter(lambda _: port, {"PAYMENT_GATEWAY": "my.own:gateway"}), port)


async def test_sagas_are_looked_up_in_a_ledger_that_can() -> None:
    assert [one async for one in guarded(Looks()).effects_of({"b", "a"})] == ["a", "b"]
    with pytest.raises(ConfigurationError, match=r"PAYMENT_GATEWAY=my\.own:gateway: give it the method effects_of"):
        [one async for one in guarded(object()).effects_of({"a"})]


def test_the_condition_for_some_sagas_names_them_all_in_one_query() -> None:
    assert among(None) == {}
    assert among({"b", "a"}, "order_id") == {
        "where": "ARRAY_CONTAINS(@sagas, c.order_id)",
        "parameters": {"sagas": ["a", "b"]},
    }


def test_of_single_orders_the_shop_judges_all_but_stock_and_sums() -> None:
    snapshot = shop()
    assert all(finding.holds for finding in audit_orders(snapshot, GRACE, snapshot.orders))
    snapshot.charges.append(Movement("done", Decimal("17.80"), "EUR"))
    found = audit_orders(snapshot, GRACE, snapshot.orders)
    assert {finding.number for finding in found} == {2, 3, 4, 5, 6}
    assert {(one.number, two.subject) for one in found for two in one.violations} == {(2, "done"), (4, "done")}
    assert all(finding.holds for finding in audit_orders(snapshot, GRACE, {"undone"}))


def test_without_effects_the_shop_judges_only_that_the_services_agree() -> None:
    found = audit_orders(shop(), GRACE, {"done"}, no_effects="give it effects_of")
    assert [(one.number, one.problem) for one in found if one.problem] == [
        (2, "give it effects_of"),
        (3, "give it effects_of"),
        (4, "give it effects_of"),
    ]
    assert {one.number: one.holds for one in found if not one.problem} == {5: True, 6: True}
