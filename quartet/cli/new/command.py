"""`quartet new` and `quartet new-participant`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from quartet.cli.application import the_application
from quartet.cli.new.participant_files import addition
from quartet.cli.new.project_files import check_name, project_files, write_file, write_files
from quartet.terminal.console import results


def new(
    name: Annotated[str, typer.Argument(help="The name of the application, its package and its directory.")],
) -> None:
    """Make a project in a new directory: two participants, their tests, and how to run them.

    `make test` and `make demo` work in it immediately.
    """
    check_name(name)
    directory = Path(name)
    write_files(directory, project_files(name))
    results().print(f"{directory}: made. Continue with: cd {directory} && make test && make demo", soft_wrap=True)


def new_participant(
    name: Annotated[str, typer.Argument(help="The name of the participant and its module.")],
) -> None:
    """Add a participant to the application in this directory: its module, its test, and the lists that name it.

    It notes the beginning of each saga, from now on, and says nothing: make it yours. What could not be changed is left
    for you, and named.
    """
    root = Path.cwd()
    change = addition(the_application(), name, root, datetime.now(UTC))
    write_files(Path(), {str(path.relative_to(root)): text for path, text in change.made.items()})
    for path, text in change.changed.items():
        write_file(path, text)
    for path in (*change.made, *change.changed):
        results().print(f"{'made' if path in change.made else 'changed'}: {path.relative_to(root)}", soft_wrap=True)
    for advice in change.by_hand:
        results().print(f"left for you: {advice}", soft_wrap=True)
