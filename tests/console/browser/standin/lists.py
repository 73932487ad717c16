"""Dead letters and an audit, for the stand-in."""

from typing import Literal

from quartet.console.views import AuditView, FindingView, LetterGroup, LetterRow, LettersView, LetterView, RuleView
from tests.console.browser.standin.application import at


def letter_row(id_: str, saga: str | None, detail: str, *, waits: bool = False) -> LetterRow:
    """A dead letter of the payment service."""
    return LetterRow(
        id=id_,
        participant="payment",
        saga=saga,
        type="InventoryReserved.v1",
        reason="handler_failed",
        detail=detail,
        at=at(300),
        waits=waits,
    )


def letters_view() -> LettersView:
    """Two letters of one reason, and one of another."""
    first = letter_row("l-1", "ord-1039", "ValueError: the currency has no minor unit")
    second = letter_row("l-2", "ord-1040", "ValueError: the currency has no minor unit", waits=True)
    third = letter_row("l-3", None, "the body is no JSON").model_copy(update={"reason": "unreadable", "type": ""})
    return LettersView(
        groups=(
            LetterGroup(
                participant="payment",
                reason="handler_failed",
                count=2,
                oldest_at=at(320),
                newest_at=at(300),
                letters=(first, second),
            ),
            LetterGroup(
                participant="payment",
                reason="unreadable",
                count=1,
                oldest_at=at(90),
                newest_at=at(90),
                letters=(third,),
            ),
        ),
        unread=(),
    )


def letter_view(row: LetterRow) -> LetterView:
    """A letter, whole."""
    return LetterView(
        row=row,
        error="Traceback (most recent call last):\n  in charge\nValueError: the currency has no minor unit",
        body='{"specversion":"1.0","data":{"order_id":"ord-1039","total":"12.50","currency":"XXX"}}',
        content_type="application/cloudevents+json",
        properties={"partition": "2", "sequence_number": 118},
        facts={"deliveries": "3", "first seen": at(320)},
    )


def audit_view() -> AuditView:
    """One rule holds, one is broken, and one could not be looked at."""
    texts: list[tuple[str, Literal["saga", "everything", "hub"], bool | None]] = [
        ("per product: available + reserved + shipped = seeded, none negative", "everything", True),
        ("per order: at most one charge, one refund, one shipment", "saga", False),
        ("every event has an author that may say it", "hub", None),
    ]
    rules = tuple(
        RuleView(
            number=number,
            rule=text,
            scope=scope,
            holds=holds,
            checked_at=None if holds is None else at(4),
            figures={} if holds is None else {"charges": 445, "refunds": 4},
            problem="the hub does not answer" if holds is None else "",
        )
        for number, (text, scope, holds) in enumerate(texts, 1)
    )
    broken = FindingView(
        rule=texts[1][0], subject="ord-1024", what="two refunds of 163.326 KWD", at=at(75), resolved_at=None
    )
    past = FindingView(
        rule=texts[0][0],
        subject="print-7",
        what="reserved is 1, and open orders hold 0",
        at=at(900),
        resolved_at=at(840),
    )
    return AuditView(rules=rules, findings=(broken, past), judged=54, behind_sagas=2)
