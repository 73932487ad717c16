"""`python -m tests.mutants.score`: what `mutmut run` has found, file by file."""

import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_RESULTS = Path("mutants")
_SURVIVED: Final = 0
_GOAL: Final = 95


@dataclass(slots=True)
class Score:
    """The outcomes of the changes to one file. `unnoticed` are the names of those that no test has noticed."""

    noticed: int = 0
    unnoticed: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """How many of them were noticed."""
        together = self.noticed + len(self.unnoticed)
        return 100 * self.noticed / together if together else 100.0


def main() -> int:
    """Exit status 1 if too many changes went unnoticed, 2 if there is nothing to judge."""
    scores = read_scores(_RESULTS)
    if not scores:
        print("there are no results: run mutmut first", file=sys.stderr)
        return 2
    for path, score in sorted(scores.items()):
        print(f"{path:<45} {score.percent:5.1f} %  {score.noticed} of {score.noticed + len(score.unnoticed)}")
        for name in score.unnoticed:
            print(f"    {name}")
    noticed = sum(score.noticed for score in scores.values())
    together = noticed + sum(len(score.unnoticed) for score in scores.values())
    print(f"{noticed} of {together} changes noticed, {100 * noticed / together:.1f} %")
    return 1 if 100 * noticed < _GOAL * together else 0


def read_scores(directory: Path) -> dict[str, Score]:
    """The scores by file. A change that no test reaches is unnoticed; one that was not tried does not count."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    for meta in directory.rglob("*.meta"):
        codes: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
        path = str(meta.relative_to(directory)).removesuffix(".meta")
        for name, code in codes.items():
            if code in {_SURVIVED, *_UNTESTED}:
                scores[path].unnoticed.append(name)
            elif code is not None:
                scores[path].noticed += 1
    return dict(scores)


# What mutmut notes for a change that no test reaches.
_UNTESTED: Final = (5, 33)


if __name__ == "__main__":
    sys.exit(main())
