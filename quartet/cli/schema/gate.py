"""The gate of `quartet schema --check`: the contracts of a release, read from git, and those of the code."""

import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Final

import typer

from quartet.choreography import Choreography
from quartet.contracts.comparing import breaking_changes
from quartet.contracts.document import Contracts, contracts_of, read_contracts
from quartet.engine.failures.timeouts import stretched
from quartet.printable import printable
from quartet.terminal.console import results
from quartet.terminal.files import read_text
from quartet.terminal.user_error import UserError

_SECONDS: Final = 30.0
_SAVE: Final = "run quartet schema --save"


def contracts_file(app: Choreography) -> Path:
    """Where an application keeps its contracts, unless it says otherwise: `contracts/NAME.json` of its project."""
    here = Path.cwd()
    project = next((one for one in (here, *here.parents) if (one / "pyproject.toml").is_file()), here)
    return project / "contracts" / f"{app.name}.json"


def check_contracts(
    app: Choreography, file: Path, *, ref: str | None, against: Path | None, retired: Collection[str]
) -> None:
    """Compare the contracts of the code with those of a git revision, or of a file.

    Raises:
        UserError: the revision or its contracts cannot be read, or the file of contracts is not that of the code.
        typer.Exit: a change breaks something; each is a line of the results.
    """
    name, text = (f"{against}", read_text(against)) if against else (f"{ref}:{file.name}", _at(ref or "", file))
    released, now = _read(name, text), contracts_of(app)
    if released.application != app.name:
        raise UserError(f"{name} has the contracts of {released.application}, and not of {app.name}")
    if not released.events:
        raise UserError(f"{name} has no event: there is nothing to compare with")
    if unknown := sorted(set(retired) - set(released.events)):
        raise UserError(f"--retired {unknown[0]}: {name} has no such event")
    findings = breaking_changes(released, now, retired=retired)
    for finding in findings:
        results().print(printable(str(finding)), soft_wrap=True, markup=False, highlight=False)
    if findings:
        raise typer.Exit(1)
    _check_kept(file, now)
    new = len(set(now.events) - set(released.events))
    line = f"{app.name}: {len(released.events)} events of {name} still hold, {new} are new"
    results().print(printable(line), soft_wrap=True, markup=False, highlight=False)


def _check_kept(file: Path, now: Contracts) -> None:
    """The next release is compared with this file: it must be that of the code."""
    if not file.is_file():
        raise UserError(f"{file} is missing, so the next release would have nothing to compare with: {_SAVE}")
    if read_text(file) != now.to_text():
        raise UserError(f"{file} is not what the code says, and the next release would be compared with it: {_SAVE}")


def _read(name: str, text: str) -> Contracts:
    try:
        return read_contracts(text)
    except ValueError as error:
        raise UserError(f"{name} cannot be read: {error}") from error


def _at(ref: str, file: Path) -> str:
    """The text of a file at a git revision."""
    folder = next((one for one in file.resolve().parents if one.is_dir()), Path("/"))
    if not ref or ref.startswith("-"):
        raise UserError(f"{ref!r} is no git revision: name a tag, a branch or a commit")
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode:
        problem = " ".join(found.stderr.split()) or "git does not know it; in a shallow clone, fetch it with its tags"
        raise UserError(f"{ref} is no git revision here: {problem}")
    path = file.resolve().relative_to(folder)
    shown = _git(folder, "show", f"{found.stdout.strip()}:./{path.as_posix()}")
    if shown.returncode:
        raise UserError(
            f"{ref} has no {file}, so there is nothing to compare with: name a revision that has it, or a file of "
            "contracts with --against"
        )
    return shown.stdout


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 -- git, with a revision that it verifies first
            ["git", "-C", str(folder), *arguments],  # noqa: S607 -- as the user's path finds it
            capture_output=True,
            encoding="utf-8",
            timeout=stretched(_SECONDS),
            check=False,
        )
    except FileNotFoundError as error:
        raise UserError("git is not installed: install it, or compare with a file: --against FILE") from error
    except (subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise UserError(f"git does not answer as it should: {type(error).__name__}") from error
