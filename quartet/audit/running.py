"""Auditing a system that may be at work: only what is still wrong after a while is wrong."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from quartet.audit.invariants import Finding, audit
from quartet.audit.ledgers import open_ledgers
from quartet.audit.reading import read_snapshot
from quartet.connection import Cosmos
from quartet.participants import PARTICIPANTS
from quartet.stored import PAGE, Stored


async def run_audit(
    cosmos: Cosmos,
    *,
    grace: timedelta,
    settle: timedelta,
    environment: Mapping[str, str] | None = None,
    page: int = PAGE,
) -> list[Finding]:
    """The findings about what is stored now.

    The containers are read one after the other while the services go on, so a snapshot can look wrong that is not.
    If it does, it is taken again after `settle`, and what was wrong both times is reported.

    Args:
        cosmos: the databases.
        grace: how long after its deadline an order may still be open.
        settle: how long to wait before the second look.
        environment: names the services' ports, whose ledgers are read; None means this process's.
        page: how many documents a request gets at the most. Everything is read, whatever it is.

    Raises:
        MissingError: a database or container does not exist.
        ConfigurationError: a ledger cannot be looked at.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    for participant in PARTICIPANTS:
        await Stored(cosmos).check_there(participant, participant.container)
    async with open_ledgers(cosmos, environment) as ledgers:
        findings = audit(await read_snapshot(Stored(cosmos, page), ledgers), grace)
        if all(finding.holds for finding in findings):
            return findings
        await asyncio.sleep(settle.total_seconds())
        return persistent(findings, audit(await read_snapshot(Stored(cosmos, page), ledgers), grace))


def persistent(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """The later findings, with those violations alone whose subject broke the same rule before."""
    suspects = [{violation.subject for violation in finding.violations} for finding in before]
    return [
        replace(finding, violations=tuple(v for v in finding.violations if v.subject in suspect))
        for finding, suspect in zip(after, suspects, strict=True)
    ]
