"""`quartet verify-replay`: would the present code still say what was said?"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from quartet.azure.settings import load_settings
from quartet.cli.application import choreography
from quartet.cli.failures import FAILED
from quartet.cli.options import LastOption, SagasOption
from quartet.cli.replay.reading import read_recordings_of
from quartet.cli.replay.view import verdict_lines
from quartet.printable import printable
from quartet.replay.file import recordings_in
from quartet.replay.recording import Recording, RecordingError
from quartet.replay.verifying import verify
from quartet.terminal.console import results, write_json
from quartet.terminal.files import read_text
from quartet.terminal.user_error import UserError


def verify_replay(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Recordings, of quartet recordings; - is standard input."),
    ] = None,
    *,
    sagas: SagasOption = None,
    last: LastOption = 0,
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Accept events for which the answers of a port were not recorded."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Run recorded sagas through the present handlers, without servers, and compare what they say with what was said.

    Ports are not called: they answer what they answered then. Exit status 1 if a participant would act otherwise, or
    something cannot be replayed.
    """
    if not files and not sagas and not last:
        raise typer.BadParameter("name files of recordings, or sagas of the running deployment with --saga or --last")
    recordings = _in_files(files or [])
    if sagas or last:
        recordings += asyncio.run(read_recordings_of(sagas or [], load_settings(), last=last))
    verdict = verify(choreography(), recordings)
    if as_json:
        write_json(verdict.to_json(allow_missing=allow_missing))
    else:
        for line in verdict_lines(verdict, allow_missing=allow_missing):
            results().print(printable(line), soft_wrap=True)
    if not verdict.is_good(allow_missing=allow_missing):
        raise typer.Exit(FAILED)


def _in_files(files: Sequence[Path]) -> list[Recording]:
    try:
        return [recording for file in files for recording in recordings_in(read_text(file), str(file))]
    except RecordingError as error:
        raise UserError(str(error)) from error
