"""`quartet graph`: a picture of who says what to whom."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from quartet.cli.application import choreography
from quartet.terminal.user_error import UserError
from quartet.topology.mermaid import mermaid
from quartet.topology.svg import svg


class Picture(StrEnum):
    """The format of the picture."""

    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    form: Annotated[Picture, typer.Option("--format", help="Mermaid for documents, SVG for anything.")] = (
        Picture.MERMAID
    ),
    out: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Draw the choreography: who says what to whom, compensations dashed."""
    text = {Picture.MERMAID: mermaid, Picture.SVG: svg}[form](choreography())
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}") from error
