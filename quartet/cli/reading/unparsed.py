"""Telling a person of the stored documents that this release cannot read."""

from collections.abc import Sequence

import typer

from quartet.cli.failures import FAILED
from quartet.cli.reading.stored import Unparsed
from quartet.terminal.cells import cell
from quartet.terminal.console import remarks


def tell_unparsed(unparsed: Sequence[Unparsed]) -> None:
    """Name each of them on standard error.

    Raises:
        typer.Exit: there are some, so the output before is not complete: exit status 1.
    """
    for one in unparsed:
        remarks().print(cell(f"quartet: this release cannot read {one}"), soft_wrap=True)
    if unparsed:
        raise typer.Exit(FAILED)
