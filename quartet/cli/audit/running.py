"""Auditing a system that may be at work: only what is still wrong after a while is wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from quartet.cli.audit.invariants import Finding, audit
from quartet.cli.audit.ledgers import open_ledgers
from quartet.cli.audit.reading import read_snapshot
from quartet.cli.participants import PARTICIPANTS
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import PAGE, Stored


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
    If it does, another is taken, as `lasting` says.

    Args:
        cosmos: the databases.
        grace: how long after its deadline an order may still be open.
        settle: how long to wait before each further look.
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

        async def look() -> list[Finding]:
            return audit(await read_snapshot(Stored(cosmos, page), ledgers), grace)

        return await lasting(look, settle)


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
