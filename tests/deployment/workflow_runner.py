"""Runs the scripts of a job's steps one after the other, as GitHub does, with stand-ins for the programs they call.

The actions that a job uses are left out. A stand-in notes its arguments in `calls`, and does what its script says.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import ROOT


@dataclass
class Runner:
    """A machine for the jobs of one run.

    Attributes:
        folder: the checkout; `infra` in it is that of this repository.
        given: GitHub's own variables.
        expressions: what each expression `${{ … }}` in an `env` is.
    """

    folder: Path
    given: dict[str, str]
    expressions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "infra").symlink_to(ROOT / "infra")
        (self.folder / "bin").mkdir()

    def program(self, name: str, script: str = "") -> None:
        """Put a stand-in into the PATH, or at a path of the checkout."""
        file = self.folder / (name if "/" in name else f"bin/{name}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'#!/bin/sh\necho "{file.name} $*" >> {self.folder}/calls\n{script}\n', encoding="utf-8")
        file.chmod(0o755)

    def calls(self) -> list[str]:
        """Every call of a stand-in so far."""
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()

    def run(self, job: dict[str, Any]) -> str:
        """Run the steps of a job; what the one that failed said on standard error, or nothing."""
        env = self.given | self._values(job.get("env", {}))
        for step in job["steps"]:
            if "run" not in step:
                continue
            error = self._run(step, env)
            if error is not None:
                return error
            env |= self._lines("GITHUB_ENV")
            for name, value in self._lines("GITHUB_OUTPUT").items():
                self.expressions[f"steps.{step['id']}.outputs.{name}"] = value
        for name, value in job.get("outputs", {}).items():
            self.expressions[f"needs.preview.outputs.{name}"] = self._value(value)
        return ""

    def _run(self, step: dict[str, Any], env: dict[str, str]) -> str | None:
        files = {name: str(self.folder / name) for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        path = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env=env | self._values(step.get("env", {})) | files | path,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=stretched(60),
        )
        return None if done.returncode == 0 else done.stderr or f"exit status {done.returncode}: {step['run']}"

    def _lines(self, name: str) -> dict[str, str]:
        file = self.folder / name
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        file.unlink(missing_ok=True)
        return dict(line.split("=", 1) for line in text.splitlines())

    def _values(self, env: dict[str, str]) -> dict[str, str]:
        return {name: self._value(value) for name, value in env.items()}

    def _value(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: self.expressions[match[1]], text)
