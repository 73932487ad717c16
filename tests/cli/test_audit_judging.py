"""The audit of any application: its own invariants, on what is stored."""

from decimal import Decimal

import pytest

from examples.trip.app import TRIP
from examples.trip.payment import Payment, Status
from examples.trip.provider import Moved
from quartet.cli.audit.evidence import StoredEvidence
from quartet.cli.audit.finding import Finding, Violation
from quartet.cli.audit.judging import judge
from quartet.cli.reading.stored import Unparsed
from quartet.engine.errors import ConfigurationError

PARTS = {"flight": Decimal(210), "hotel": Decimal(340), "car": Decimal(95)}


def judged(status: Status, unparsed: tuple[Unparsed, ...] = (), **changes: list[Moved]) -> list[Finding]:
    """What the audit finds about one trip."""
    done = {name: [Moved("t", "sale_t", price)] for name, price in PARTS.items()}
    done["payment"] = [Moved("t", "sale_t", Decimal(645))]
    with StoredEvidence(done) as evidence:
        evidence.keep_state("payment", "t", Payment(status))
        for name, effects in {**done, **changes}.items():
            for effect in effects:
                evidence.keep_effect(name, effect)
        evidence.unparsed = unparsed
        return judge(TRIP, evidence)


def test_what_adds_up_holds() -> None:
    findings = judged(Status.PAID)
    assert [(one.number, one.holds) for one in findings] == [(1, True), (2, True)]
    assert findings[0].rule.startswith("A trip that is paid has a flight")
    assert findings[0].figures == {"sagas": 1, "effects": 4}


def test_a_room_that_is_missing_is_named_with_its_saga() -> None:
    finding, _ = judged(Status.PAID, hotel=[])
    (violation,) = finding.violations
    assert violation.subject == "t"
    assert violation.what.startswith("is paid with 645")


def test_what_is_kept_of_a_cancelled_trip_is_found() -> None:
    gone = {name: [Moved("t", "sale_t", price), Moved("t", "return_t", -price)] for name, price in PARTS.items()}
    assert judged(Status.CANCELLED, payment=[], flight=gone["flight"], hotel=gone["hotel"], car=gone["car"])[0].holds
    assert not judged(Status.CANCELLED, payment=[])[0].holds


def test_a_trip_that_is_under_way_is_not_judged() -> None:
    assert judged(Status.WAITING, hotel=[], payment=[])[0].holds


def test_a_document_that_cannot_be_read_is_an_error() -> None:
    *_, last = judged(Status.PAID, (Unparsed("hotels/bookings", "t-2", "status: is missing"),))
    assert last.violations == (Violation("hotels/bookings/t-2", "status: is missing"),)


def test_a_port_without_a_ledger_is_not_an_empty_ledger() -> None:
    missing = pytest.raises(ConfigurationError, match="flight has no ledger: give its port the method effects")
    with StoredEvidence(()) as nothing, missing:
        judge(TRIP, nothing)
