"""The audit's findings for people and for programs."""

from collections.abc import Sequence
from typing import Any, Final

from rich.text import Text

from quartet.cli.audit.finding import Finding
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing

_MOST_SHOWN: Final = 10


def audit_listing(findings: Sequence[Finding]) -> Listing:
    """One row per invariant with its figures, and under it the first offenders."""
    listing = Listing("#", "invariant", "figures", "", title="Audit", show_lines=True)
    for finding in findings:
        figures = cell(*(f"{name}: {value}" for name, value in finding.figures.items()))
        verdict = cell("holds", style="bold green") if finding.holds else cell("BROKEN", style="bold red")
        listing.add(str(finding.number), _rule(finding), figures, verdict)
    return listing


def _rule(finding: Finding) -> Text:
    shown = [f"{violation.subject}: {violation.what}" for violation in finding.violations[:_MOST_SHOWN]]
    if (more := len(finding.violations) - _MOST_SHOWN) > 0:
        shown.append(f"and {more} more (all of them: --json)")
    rule = cell(finding.rule)
    return rule.append("\n").append_text(cell(*shown, style="red")) if shown else rule


def audit_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """All of it, every violation included."""
    return {
        "holds": all(finding.holds for finding in findings),
        "invariants": [
            {
                "number": finding.number,
                "rule": finding.rule,
                "holds": finding.holds,
                "figures": dict(finding.figures),
                "violations": [
                    {"subject": violation.subject, "what": violation.what} for violation in finding.violations
                ],
            }
            for finding in findings
        ],
    }
