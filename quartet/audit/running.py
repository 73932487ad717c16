"""Auditing a system that may be at work: only what is still wrong after a while is wrong."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from quartet.audit.invariants import Finding, audit
from quartet.audit.ledgers import open_ledgers
from quartet.audit.reading import read_snapshot
from quartet.connection import Cosmos


async def run_audit(
    cosmos: Cosmos, *, grace: timedelta, settle: timedelta, environment: Mapping[str, str] | None = None
) -> list[Finding]:
    """The findings about what is stored now.

    The containers are read one after the other while the services go on, so a snapshot can look wrong that is not.
    If it does, it is taken again after `settle`, and what was wrong both times is reported.

    Args:
        cosmos: the databases.
        grace: how long after its deadline an order may still be open.
        settle: how long to wait before the second look.
        environment: names the services' ports, whose ledgers are read; None means this process's.

    Raises:
        ConfigurationError: a ledger cannot be looked at.
        OutageError: Cosmos DB, or the server of a ledger, did not answer.
    """
    async with open_ledgers(cosmos, environment) as ledgers:
        findings = audit(await read_snapshot(cosmos, ledgers), grace)
        if all(finding.holds for finding in findings):
            return findings
        await asyncio.sleep(settle.total_seconds())
        return persistent(findings, audit(await read_snapshot(cosmos, ledgers), grace))


def persistent(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """The later findings, with those violations alone whose subject broke the same rule before."""
    suspects = [{violation.subject for violation in finding.violations} for finding in before]
    return [
        replace(finding, violations=tuple(v for v in finding.violations if v.subject in suspect))
        for finding, suspect in zip(after, suspects, strict=True)
    ]
