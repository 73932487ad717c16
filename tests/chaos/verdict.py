"""After the fire: is everything as it must be?"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

from quartet import Participant
from quartet.azure.cosmos.client import outages
from quartet.azure.settings import Settings
from quartet.cli.reading.connection import Cosmos, open_cosmos
from quartet.cli.timeline.timeline import Said, read_timeline
from quartet.engine.declaration.participant import DEAD_LETTERS
from quartet.engine.errors import OutageError
from services.operations.audit.invariants import Finding
from services.operations.audit.running import run_audit
from services.operations.publish.waiting import Outcome, wait_until_settled
from tests.chaos.workload import Expected

GRACE: Final = timedelta(seconds=30)
SETTLE: Final = timedelta(seconds=15)
_MOST_TIMELINES: Final = 5

R = TypeVar("R")


@dataclass(slots=True)
class Verdict:
    """What was found.

    Attributes:
        problems: what is wrong, by what or whom it is about.
        ends: how many orders ended how, by kind of order.
    """

    problems: list[tuple[str, str]] = field(default_factory=list)
    ends: dict[str, Counter[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    timelines: dict[str, list[Said]] = field(default_factory=dict)


async def judge(
    settings: Settings,
    expected: Mapping[str, Expected],
    strange: AbstractSet[str],
    participants: Iterable[Participant[Any, Any]],
    *,
    limit: float,
) -> Verdict:
    """Wait until every order has ended or none has moved on for `limit` seconds, and look at everything.

    `strange` are the digests of the messages that no service can read. Each of `participants` must have each of them as
    a dead letter.
    """
    verdict = Verdict()
    async with open_cosmos(settings) as cosmos:
        known = await wait_until_settled(cosmos, expected.keys(), seconds=limit)
        _compare(verdict, expected, known)
        verdict.findings = await run_audit(cosmos, grace=GRACE, settle=SETTLE)
        verdict.problems += [
            (violation.subject, f"invariant {finding.number} ({finding.rule}): {violation.what}")
            for finding in verdict.findings
            for violation in finding.violations
        ]
        await _look_for_dead_letters(verdict, cosmos, strange, participants)
    for subject in list(dict.fromkeys(subject for subject, _ in verdict.problems if subject in expected)):
        if len(verdict.timelines) < _MOST_TIMELINES:
            verdict.timelines[subject] = await read_timeline(subject, settings)
    return verdict


async def until_settled(settings: Settings, order_ids: Collection[str], seconds: float) -> bool:
    """Whether all of them have ended within this many seconds, also through outages."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds

    async def look() -> bool:
        async with open_cosmos(settings) as cosmos:
            left = max(0.0, deadline - loop.time())
            known = await wait_until_settled(cosmos, order_ids, seconds=left, at_most=left, every=0.2)
            return all(order_id in known and known[order_id].is_settled for order_id in order_ids)

    return await _patiently(look, deadline) or False


async def _patiently(step: Callable[[], Awaitable[R]], deadline: float) -> R | None:
    """The result of a step, tried again while a server is away; nothing if the time is up first."""
    while asyncio.get_running_loop().time() < deadline:
        try:
            return await step()
        except OutageError:
            await asyncio.sleep(0.2)
    return None


def _compare(verdict: Verdict, expected: Mapping[str, Expected], known: Mapping[str, Outcome]) -> None:
    for order_id, one in expected.items():
        outcome = known.get(order_id)
        status = "LOST" if outcome is None else str(outcome.status)
        verdict.ends.setdefault(one.kind, Counter())[status] += 1
        if outcome is None:
            verdict.problems.append((order_id, f"{one.kind} order was lost: the order service never heard of it"))
        elif outcome.status not in one.ends:
            wanted = " or ".join(sorted(one.ends))
            verdict.problems.append((order_id, f"{one.kind} order is {status} ({outcome.reason}), not {wanted}"))


async def _look_for_dead_letters(
    verdict: Verdict, cosmos: Cosmos, strange: AbstractSet[str], participants: Iterable[Participant[Any, Any]]
) -> None:
    for participant in participants:
        rows = cosmos.container(participant, DEAD_LETTERS.name).query_items(
            "SELECT c.id, c.saga_id, c.reason, c.detail FROM c WHERE IS_DEFINED(c.reason)"
        )
        missing = set(strange)
        with outages():
            async for row in rows:
                digest = row["id"].rpartition("-")[2]
                missing.discard(digest)
                if digest not in strange:
                    what = f"dead letter of {participant.name}: {row.get('reason')}: {row.get('detail')}"
                    verdict.problems.append((str(row.get("saga_id")), what))
        if missing:
            what = f"{len(missing)} of {len(strange)} unreadable messages are no dead letters"
            verdict.problems.append((participant.name, what))
