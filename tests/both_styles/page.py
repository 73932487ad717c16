"""`python -m tests.both_styles.page`: the tables of docs/both-styles.md, from `make compare` and from the sources.

The page has them between two comments, and a test compares.
"""

import ast
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tests import generated

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs/both-styles.md"
PICTURES: Final = ROOT / "docs/pictures/both-styles"
FIGURES: Final = PICTURES / "figures.json"

SHARED: Final = (
    "services/*/domain.py",
    "services/inventory/stock.py",
    "services/inventory/cosmos_stock.py",
    "services/payment/gateway.py",
    "services/payment/ledger.py",
    "services/payment/simulated_gateway.py",
    "services/shipping/carrier.py",
    "services/shipping/ledger.py",
    "services/shipping/simulated_carrier.py",
    "services/inventory/handlers.py",
    "services/payment/handlers.py",
    "services/shipping/handlers.py",
    "services/order/handlers.py",
    "services/order/settings.py",
    "services/*/service.py",
)
"""What both styles run: the rules, the ports and the handlers. Each participant's table is in its service.py."""

OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "choreographed": ("services/shop.py", "services/order/deadline.py", "services/*/__main__.py"),
    "orchestrated": ("services/orchestrator/*.py",),
}
_NOT_SHARED: Final = "services/orchestrator/"
_NAMES: Final = {"choreographed": "choreography", "orchestrated": "orchestrator"}


def lines_of_code(text: str) -> int:
    """Lines with code in them: no blank ones, no comments, no docstrings."""
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        line
        for node in ast.walk(tree)
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(text.splitlines(), start=1)
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in docstrings for number, line in lines
    )


def files(patterns: Iterable[str], *, without: str = "-") -> list[Path]:
    """The files that the patterns name, each once."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(
        path
        for path in found
        if not path.relative_to(ROOT).as_posix().startswith(without) and path.name != "function_app.py"  # optional
    )


def sizes() -> dict[str, int]:
    """Lines of code: what both share, and what each has of its own."""

    def size(paths: Iterable[Path]) -> int:
        return sum(lines_of_code(path.read_text(encoding="utf-8")) for path in paths)

    own = {
        style: size(files(patterns, without="-" if style == "orchestrated" else _NOT_SHARED))
        for style, patterns in OWN.items()
    }
    return {"shared": size(files(SHARED, without=_NOT_SHARED)), **own}


def sizes_table() -> str:
    """The lines of code as Markdown."""
    found = sizes()
    return "\n".join(
        (
            "| what | lines of code |",
            "|---|--:|",
            f"| in both: rules, handlers, ports, simulated providers | {found['shared']} |",
            f"| choreography: the application, the watch over deadlines | {found['choreographed']} |",
            f"| orchestrator: the saga, its activities, its hub and its scheduler | {found['orchestrated']} |",
        )
    )


def figures_table(content: Mapping[str, Any]) -> str:
    """What `make compare` has measured, as Markdown: a column for each load."""
    pairs = list(zip(content["loads"], content["compared"]["loads"], strict=True))
    rows: dict[str, Callable[[Mapping[str, Any]], float]] = {
        "sagas a second": lambda one: one["sagas_per_second"],
        "latency p50, ms": lambda one: one["latency_ms"]["p50"],
        "latency p99, ms": lambda one: one["latency_ms"]["p99"],
        "per saga: CPU of the services, ms": lambda one: 1000 * _of_services(one) / one["sagas"],
        "per saga: CPU of the emulators, ms": lambda one: 1000 * one["cpu_seconds"]["emulators"] / one["sagas"],
        "per saga: Cosmos DB requests": lambda one: one["cosmos_requests"] / one["sagas"],
        "per saga: request units": lambda one: one["request_units"] / one["sagas"],
        "per saga: events sent": lambda one: one["events_sent"] / one["sagas"],
        "per saga: events received": lambda one: one["events_received"] / one["sagas"],
    }
    lines = [
        f"| choreography / orchestrator = ratio | {' | '.join(ours['load'] for ours, _ in pairs)} |",
        f"|---|{'--:|' * len(pairs)}",
    ]
    for name, figure in rows.items():
        cells = [
            f"{figure(ours):.1f} / {figure(theirs):.1f} = {_ratio(figure(ours), figure(theirs))}"
            for ours, theirs in pairs
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    memory = [
        f"{_megabytes(ours):.0f} / {_megabytes(theirs):.0f} = {_ratio(_megabytes(ours), _megabytes(theirs))}"
        for ours, theirs in pairs
    ]
    lines.append(f"| memory of the services, MB | {' | '.join(memory)} |")
    return "\n".join(lines)


def _of_services(one: Mapping[str, Any]) -> float:
    cpu: Mapping[str, float] = one["cpu_seconds"]
    return sum(seconds for name, seconds in cpu.items() if name != "emulators")


def _megabytes(one: Mapping[str, Any]) -> float:
    memory: Mapping[str, int] = one["memory_bytes"]
    return sum(size for name, size in memory.items() if name != "emulators") / 1_000_000


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}" if theirs else "-"


def with_tables(page: str) -> str:
    """The page with the tables of today.

    Raises:
        ValueError: it has no place for one of them.
    """
    tables = {"figures": figures_table(json.loads(FIGURES.read_text(encoding="utf-8"))), "sizes": sizes_table()}
    return generated.with_tables(page, tables, PAGE.name)


def main() -> int:
    """Write the tables into the page."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
