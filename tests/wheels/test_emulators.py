"""The emulators in an empty project: what `emulators/README.md` promises to people who have never heard of Quartet."""

import re
import sys
import time

from quartet.engine.failures.timeouts import stretched
from tests.wheels.conftest import ROOT, Shell

_README = ROOT / "emulators" / "README.md"
_SECONDS = 5.0


def test_the_first_test_of_the_readme_passes_in_an_empty_project_in_five_seconds(shell: Shell) -> None:
    readme = _README.read_text(encoding="utf-8")
    command = re.search(r"^ {4}pip install (.*)$", readme, re.MULTILINE)
    example = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert command is not None
    assert example is not None
    assert len([line for line in example[1].splitlines() if line.strip()]) <= 10

    shell.run(sys.executable, "-m", "venv", "empty")
    bin_directory = shell.directory / "empty" / "bin"
    shell.run(str(bin_directory / "pip"), "install", "--quiet", *command[1].split())
    (shell.directory / "project").mkdir()
    (shell.directory / "project" / "test_readings.py").write_text(example[1], encoding="utf-8")
    begun = time.monotonic()
    said = shell.run(str(bin_directory / "python"), "-m", "pytest", "-q", within="project")
    seconds = time.monotonic() - begun
    assert "1 passed" in said
    assert seconds < stretched(_SECONDS), f"pytest took {seconds:.1f} s"
    assert "quartet" not in installed(shell)


def installed(shell: Shell) -> set[str]:
    listed = shell.run(str(shell.directory / "empty" / "bin" / "pip"), "list", "--format", "freeze")
    return {line.partition("==")[0] for line in listed.splitlines()}
