"""`quartet new`: a project with two participants that passes its own tests."""

from pathlib import Path
from typing import Annotated

import typer

from quartet.cli.new.project_files import check_name, project_files, write_files
from quartet.cli.terminal.console import results


def new(
    name: Annotated[str, typer.Argument(help="What the application, its package and its directory are called.")],
) -> None:
    """Make a project in a new directory: two participants, their tests, and how to run them.

    `make test` and `make demo` work in it at once.
    """
    check_name(name)
    directory = Path(name)
    write_files(directory, project_files(name))
    results().print(f"{directory}: made. Go on with: cd {directory} && make test && make demo", soft_wrap=True)
