"""What a run came to: counts and reasons, small enough to be kept in the repository."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tests.sdk_suites.kinds import Verdict, verdict_of
from tests.sdk_suites.outcomes import Outcome
from tests.sdk_suites.suites import SUITES, Suite

RESULTS: Final = Path(__file__).with_name("results.json")


def summary(suite: Suite, outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The counts of one suite, with how many tests each reason has."""
    judged = [(outcome, verdict_of(suite.name, outcome)) for outcome in outcomes]
    found: dict[str, Any] = {"version": suite.version, **_counts(verdict for _, verdict in judged)}
    if suite.mark:
        found["marked"] = {suite.mark: _counts(verdict for outcome, verdict in judged if suite.mark in outcome.marks)}
    for kind in ("refused", "failed", "skipped"):
        reasons = Counter(verdict.reason for _, verdict in judged if verdict.kind == kind)
        found[f"why {kind}"] = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return found


def _counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    counted = Counter(verdict.kind for verdict in verdicts)
    return {kind: counted[kind] for kind in ("passed", "refused", "failed", "skipped")}


def missing(found: dict[str, Any]) -> list[str]:
    """Where a run has come to less than it must, in a line each."""
    lines = []
    for suite in (suite for suite in SUITES if suite.name in found):
        passed = found[suite.name]["passed"]
        if passed < suite.least_passed:
            lines.append(f"{suite.name}: {passed} tests passed, at least {suite.least_passed} must")
        if suite.mark:
            marked = found[suite.name]["marked"][suite.mark]["passed"]
            if marked < suite.least_marked:
                lines.append(
                    f"{suite.name}: {marked} tests with {suite.mark} passed, at least {suite.least_marked} must"
                )
    return lines


def load() -> dict[str, Any]:
    """The results that are kept; by distribution."""
    content: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return content


def save(found: dict[str, Any]) -> None:
    """Keep them; suites that were not run stay as they are."""
    text = json.dumps(load() | found, indent=2, ensure_ascii=False, sort_keys=True)
    RESULTS.write_text(f"{text}\n", encoding="utf-8")
