"""The findings for people and for programs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from quartet.cli.doctor.check import Finding, Status
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing

_STYLES: Final = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "bold red", Status.SKIPPED: "dim"}


def is_well(findings: Sequence[Finding]) -> bool:
    """Whether no check has failed."""
    return all(finding.verdict.status is not Status.FAILED for finding in findings)


def findings_listing(findings: Sequence[Finding]) -> Listing:
    """One row per check, with the hint under the error."""
    listing = Listing("check", "", "found", title="Doctor", caption=summary(findings))
    for finding in findings:
        verdict = finding.verdict
        found = cell(verdict.detail)
        if verdict.hint:
            found.append("\n").append_text(cell(f"→ {verdict.hint}", style="italic"))
        listing.add(finding.name, cell(verdict.status.value, style=_STYLES[verdict.status]), found)
    return listing


def summary(findings: Sequence[Finding]) -> str:
    """How many checks ended how, in one line."""
    counts = Counter(finding.verdict.status for finding in findings)
    return ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status])


def findings_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """All of it."""
    return {
        "ok": is_well(findings),
        "checks": [
            {
                "name": finding.name,
                "status": finding.verdict.status.value,
                "detail": finding.verdict.detail,
                "hint": finding.verdict.hint or None,
            }
            for finding in findings
        ],
    }
