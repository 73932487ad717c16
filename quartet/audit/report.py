"""The audit's findings for people and for programs."""

from collections.abc import Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from quartet.audit.invariants import Finding

_MOST_SHOWN: Final = 10


def audit_table(findings: Sequence[Finding]) -> Table:
    """One row per invariant with its figures, and under it the first offenders."""
    table = Table(title="Audit", title_justify="left", show_lines=True)
    table.add_column("#", justify="right")
    table.add_column("invariant", overflow="fold", ratio=3)
    table.add_column("figures", overflow="fold", ratio=2)
    table.add_column("", no_wrap=True)
    for finding in findings:
        figures = "\n".join(f"{name}: {value}" for name, value in finding.figures.items())
        verdict = Text("holds", style="bold green") if finding.holds else Text("BROKEN", style="bold red")
        table.add_row(Text(str(finding.number)), _rule(finding), Text(figures), verdict)
    return table


def _rule(finding: Finding) -> Text:
    text = Text(finding.rule)
    for violation in finding.violations[:_MOST_SHOWN]:
        text.append(f"\n{violation.subject}: {violation.what}", style="red")
    if (more := len(finding.violations) - _MOST_SHOWN) > 0:
        text.append(f"\nand {more} more (all of them: --json)", style="red")
    return text


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
