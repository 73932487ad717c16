"""Checks, which run side by side: each waits for those that it needs, and is skipped if one of them fails."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quartet.engine.failures.timeouts import stretched

SECONDS: Final = 10.0
"""How long one check may take."""


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check.

    Attributes:
        detail: the observation, in a few words.
        hint: what to do; empty if there is nothing to do.
    """

    status: Status
    detail: str
    hint: str = ""


def fine(detail: str) -> Verdict:
    """All is well."""
    return Verdict(Status.OK, detail)


def doubtful(detail: str, hint: str) -> Verdict:
    """The services run with it, but a person should look."""
    return Verdict(Status.WARNING, detail, hint)


def broken(detail: str, hint: str) -> Verdict:
    """The services cannot run like this."""
    return Verdict(Status.FAILED, detail, hint)


@dataclass(frozen=True, slots=True)
class Check:
    """One question.

    Attributes:
        needs: the names of the checks without which it makes no sense. Each has to come before this one.
        run: finds the answer. An error that it raises is a failure.
        limit_factor: how many times as long as the others it may take.
    """

    name: str
    run: Callable[[], Awaitable[Verdict]]
    needs: tuple[str, ...] = ()
    limit_factor: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A check and its verdict."""

    name: str
    verdict: Verdict


async def examine(checks: Sequence[Check], seconds: float | None = None) -> list[Finding]:
    """Make all checks, side by side as far as they do not need each other; findings in the order of the checks.

    Args:
        checks: those that others need come before them.
        seconds: how long one check may take; `SECONDS`, stretched, if nothing is said.
    """
    limit = stretched(SECONDS) if seconds is None else seconds
    tasks: dict[str, asyncio.Task[Finding]] = {}
    async with asyncio.TaskGroup() as group:
        for check in checks:
            needed = {name: tasks[name] for name in check.needs}
            tasks[check.name] = group.create_task(_make(check, needed, limit))
    return [task.result() for task in tasks.values()]


async def _make(check: Check, needed: Mapping[str, asyncio.Task[Finding]], seconds: float) -> Finding:
    for name, task in needed.items():
        before = (await task).verdict
        if before.status is Status.SKIPPED:
            return Finding(check.name, before)  # the reason is further back
        if before.status is Status.FAILED:
            return Finding(check.name, Verdict(Status.SKIPPED, f"because of {name!r}"))
    seconds *= check.limit_factor
    try:
        async with asyncio.timeout(seconds):
            return Finding(check.name, await check.run())
    except TimeoutError:
        return Finding(
            check.name, broken(f"no answer within {seconds:g} s", "is the server overloaded, or too far away?")
        )
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other checks continue
        words = " ".join(str(error).split())[:300]
        return Finding(
            check.name, broken(f"{type(error).__name__}: {words}", "see quartet --debug doctor for the SDKs' logs")
        )
