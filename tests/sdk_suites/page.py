"""`python -m tests.sdk_suites.page`: the tables of docs/compatibility.md, from the results that are kept.

The page has them between two comments, and a test compares.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

from quartet_emulators.cosmos.sql.functions.known import KNOWN_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.supported import SUPPORTED_FUNCTIONS

from tests import generated
from tests.sdk_suites.results import load
from tests.sdk_suites.suites import ROOT, SUITES

PAGE: Final = ROOT / "docs/compatibility.md"


def counts_table(found: Mapping[str, Any]) -> str:
    """A row for each suite, and for the tests of a mark."""
    lines = ["| suite | passed | refused | failed | skipped by its authors |", "|---|--:|--:|--:|--:|"]
    for name in (suite.name for suite in SUITES if suite.name in found):
        lines.append(f"| `{name}` {found[name]['version']} | {_cells(found[name])} |")
        for mark, counts in found[name].get("marked", {}).items():
            lines.append(f"| of these, with the mark `{mark}` | {_cells(counts)} |")
    return "\n".join(lines)


def _cells(counts: Mapping[str, int]) -> str:
    return " | ".join(f"{counts[kind]:,}" for kind in ("passed", "refused", "failed", "skipped"))


def reasons_table(found: Mapping[str, Any]) -> str:
    """Why tests did not pass: a row for each reason."""
    lines = ["| suite | outcome | reason | tests |", "|---|---|---|--:|"]
    lines += [
        f"| `{name}` | {kind} | {reason} | {count:,} |"
        for name in (suite.name for suite in SUITES if suite.name in found)
        for kind in ("refused", "failed", "skipped")
        for reason, count in _largest_first(found[name][f"why {kind}"])
    ]
    return "\n".join(lines)


def _largest_first(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))


def functions_table() -> str:
    """The functions of the query language that are known and missing, by family."""
    missing = {
        family: [name for name in names if name not in SUPPORTED_FUNCTIONS] for family, names in KNOWN_FUNCTIONS.items()
    }
    lines = ["| functions | known, and refused |", "|---|---|"]
    lines += [
        f"| {family} | {', '.join(f'`{name}`' for name in names)} |" for family, names in missing.items() if names
    ]
    return "\n".join(lines)


def with_tables(page: str) -> str:
    """The page with the tables of today.

    Raises:
        ValueError: it has no place for one of them.
    """
    found = load()
    tables = {"counts": counts_table(found), "reasons": reasons_table(found), "functions": functions_table()}
    return generated.with_tables(page, tables, PAGE.name)


def main() -> int:
    """Write the tables into the page."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
