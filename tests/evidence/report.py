"""The report of a run: as JSON for programs, and as Markdown for people."""

import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from quartet.version import __version__
from tests.evidence.steps import NOT_RUN, PASSED, Course

NOT_MEASURED: Final = "not measured"


@dataclass(slots=True)
class Report:
    """What a run has shown.

    Attributes:
        kind: `azure` or `compose`.
        facts: versions and parameters, by name.
        figures: what the steps have found, by name; JSON.
        how: how each figure was measured.
        remains: what was not removed, with what to do; empty if nothing remains.
    """

    kind: str
    facts: dict[str, str]
    course: Course = field(default_factory=Course)
    figures: dict[str, Any] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    remains: str = ""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_well(self) -> bool:
        """Whether every step has passed, and nothing remains."""
        return not self.remains and all(one.status == PASSED for one in self.course.outcomes)

    def write(self, directory: Path) -> None:
        """Write `report.json` and `report.md`."""
        directory.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._json(), indent=2, default=str) + "\n"
        (directory / "report.json").write_text(text, encoding="utf-8")
        (directory / "report.md").write_text("\n".join(self._lines()) + "\n", encoding="utf-8")

    def _json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "ok": self.is_well,
            "began": self.began.isoformat(),
            "written": datetime.now(UTC).isoformat(),
            "facts": self.facts,
            "steps": [asdict(one) for one in self.course.outcomes],
            "figures": self.figures,
            "how": self.how,
            "remains": self.remains,
        }

    def _lines(self) -> Iterator[str]:
        yield f"# Evidence: {self.kind}, {self.began:%Y-%m-%d}"
        yield f"\n**{'Every step has passed.' if self.is_well else 'Something is wrong.'}**"
        for outcome in self.course.failures:
            yield f"\n- **{outcome.name}**: {_cell(outcome.why)}"
        if self.remains:
            yield f"\n**Not removed**: {self.remains}"
        yield from _table("What", ("fact", "value"), self.facts.items())
        rows = [(one.name, one.status, f"{one.seconds:.0f}", one.why) for one in self.course.outcomes]
        yield from _table("Steps", ("step", "result", "seconds", "reason"), rows)
        for name in ("load", "load during chaos"):
            yield from _table(name.capitalize(), ("figure", "value"), flat(self.figures.get(name)))
        for name in ("chaos", "use", "cost", "samples", "audit", "doctor", "dead letters"):
            yield from _table(name.capitalize(), ("what", "value"), flat(self.figures.get(name)))
        yield from _table("How it was measured", ("figure", "how"), self.how.items())


def flat(figures: object) -> list[tuple[str, str]]:
    """Nested figures as rows; one row that says so if there are none."""
    if figures is None:
        return [("all", NOT_MEASURED)]
    if not isinstance(figures, Mapping):
        return [("all", str(figures))]
    rows: list[tuple[str, str]] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            rows += [(f"{name} {inner}", str(one)) for inner, one in value.items()]
        else:
            rows.append((str(name), str(value)))
    return rows


def facts_of(runner_versions: Mapping[str, str], **parameters: object) -> dict[str, str]:
    """The versions of everything, and the parameters of the run."""
    return {
        "Quartet": __version__,
        "Python": platform.python_version(),
        **runner_versions,
        **{name: str(value) for name, value in parameters.items()},
    }


def summary(course: Course) -> str:
    """How many steps ended how, in one line."""
    statuses = [one.status for one in course.outcomes]
    failed = len(course.failures)
    return f"steps: {statuses.count(PASSED)} passed, {failed} failed, {statuses.count(NOT_RUN)} not run"


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield "| " + " | ".join(_cell(one) for one in row) + " |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
