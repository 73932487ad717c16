"""Programs that stand where `az`, `docker`, `quartet` and `python` are: each does what a scenario says."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from quartet.engine.failures.timeouts import stretched
from tests.evidence.runner import ROOT

NAMES: Final = ("az", "docker", "quartet", "python")
_PROGRAM: Final = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
words = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
with (here / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps([words, dict(os.environ)]) + "\\n")
line = " ".join(words)
for rule in json.loads((here / "rules.json").read_text()):
    if not all(word in line for word in rule["when"]):
        continue
    if "times" in rule:
        counter = here / ("times-" + "-".join(rule["when"]).replace("/", "_").replace(" ", "_"))
        used = int(counter.read_text()) if counter.exists() else 0
        if used >= rule["times"]:
            continue
        counter.write_text(str(used + 1))
    for name, content in rule.get("writes", {{}}).items():
        (here / name).write_text(content)
    if "hangs" in rule:
        time.sleep(rule["hangs"])
    out = (here / rule["prints"]).read_text() if "prints" in rule else rule.get("out", "")
    sys.stdout.write(out)
    sys.stderr.write(rule.get("err", ""))
    sys.exit(rule.get("status", 0))
sys.exit(f"no rule for: {{line}}")
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a program does if its command line has all of these words. The first rule that fits counts.

    Attributes:
        times: how often it counts; then the next one does.
        hangs: seconds before it ends.
    """

    when: Sequence[str]
    out: object = ""
    err: str = ""
    status: int = 0
    times: int | None = None
    hangs: float | None = None
    prints: str | None = None
    writes: dict[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """For the program."""
        text = self.out if isinstance(self.out, str) else json.dumps(self.out)
        rule: dict[str, Any] = {"when": self.when, "out": text, "err": self.err, "status": self.status}
        optional = {"times": self.times, "hangs": self.hangs, "prints": self.prints, "writes": self.writes or None}
        return rule | {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine with these programs alone."""

    bin: Path
    out: Path

    @classmethod
    def of(cls, directory: Path, rules: Sequence[Rule], names: Sequence[str] = NAMES) -> "Machine":
        """Put the programs there."""
        bin_ = directory / "bin"
        bin_.mkdir()
        for name in names:
            program = bin_ / name
            program.write_text(_PROGRAM.format(python=sys.executable))
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (bin_ / "rules.json").write_text(json.dumps([rule.json() for rule in rules]))
        (bin_ / "calls.jsonl").touch()
        return cls(bin_, directory / "report")

    @property
    def calls(self) -> list[str]:
        """The command lines so far."""
        return [call for call, _ in self._calls()]

    def environment_of(self, *words: str) -> dict[str, str]:
        """The environment of the first call with these words."""
        return next(environment for call, environment in self._calls() if all(word in call for word in words))

    def _calls(self) -> list[tuple[str, dict[str, str]]]:
        lines = (self.bin / "calls.jsonl").read_text().splitlines()
        return [(" ".join(words), environment) for words, environment in map(json.loads, lines)]

    @property
    def report(self) -> dict[str, Any]:
        """The report."""
        found: dict[str, Any] = json.loads((self.out / "report.json").read_text())
        return found

    @property
    def steps(self) -> dict[str, str]:
        """How each step has ended."""
        return {one["name"]: one["status"] for one in self.report["steps"]}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start collecting evidence."""
        kept = {name: value for name, value in os.environ.items() if name in {"HOME", "QUARTET_TIMEOUT_FACTOR"}}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.evidence", *arguments, "--out", str(self.out)],
            cwd=ROOT,
            env={**kept, "PATH": str(self.bin), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Collect evidence: the exit status, and what was said."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=stretched(120))
        assert out == ""
        return process.returncode, err

    def until_called(self, *words: str) -> None:
        """Wait until a program was called like this."""
        deadline = time.monotonic() + stretched(60)
        while not any(all(word in call for word in words) for call in self.calls):
            assert time.monotonic() < deadline, self.calls
            time.sleep(0.05)  # a pause between two looks at a condition
