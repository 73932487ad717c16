"""Auditing a system that may be at work: only what is still wrong after a while is wrong."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from quartet.audit.invariants import Finding, audit
from quartet.audit.reading import read_snapshot
from quartet.connection import Cosmos


async def run_audit(cosmos: Cosmos, *, grace: timedelta, settle: timedelta) -> list[Finding]:
    """The findings about what is stored now.

    The containers are read one after the other while the services go on, so a snapshot can look wrong that is not.
    If it does, it is taken again after `settle`, and what was wrong both times is reported.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    findings = audit(await read_snapshot(cosmos), grace)
    if all(finding.holds for finding in findings):
        return findings
    await asyncio.sleep(settle.total_seconds())
    return persistent(findings, audit(await read_snapshot(cosmos), grace))


def persistent(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """The later findings, with those violations alone whose subject broke the same rule before."""
    suspects = [{violation.subject for violation in finding.violations} for finding in before]
    return [
        replace(finding, violations=tuple(v for v in finding.violations if v.subject in suspect))
        for finding, suspect in zip(after, suspects, strict=True)
    ]
