"""Auditing a system that is running: only a violation that lasts counts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from quartet.cli.audit.finding import Finding


async def lasting(look: Callable[[], Awaitable[list[Finding]]], settle: timedelta) -> list[Finding]:
    """What is wrong in every look, taken until a look finds nothing wrong, or all that the look before it found.

    A service that is behind is not wrong as long as it catches up. New violations do not count, so each further look
    has fewer of them, and there is a last one.
    """
    findings = await look()
    while violations := _count(findings):
        await asyncio.sleep(settle.total_seconds())
        findings = persistent(findings, await look())
        if _count(findings) == violations:
            break
    return findings


def _count(findings: Sequence[Finding]) -> int:
    return sum(len(finding.violations) for finding in findings)


def persistent(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """The later findings, with those violations alone whose subject broke the same rule before."""
    suspects = [{violation.subject for violation in finding.violations} for finding in before]
    return [
        replace(finding, violations=tuple(v for v in finding.violations if v.subject in suspect))
        for finding, suspect in zip(after, suspects, strict=True)
    ]
