"""`quartet recordings`: sagas of a running deployment as a file."""

import asyncio

import typer

from quartet.azure.settings import load_settings
from quartet.cli.options import LastOption, SomeSagasArgument
from quartet.cli.replay.reading import read_recordings_of
from quartet.replay.file import recording_lines
from quartet.terminal.console import remarks


def recordings(sagas: SomeSagasArgument = None, *, last: LastOption = 0) -> None:
    """Write sagas as they were: their events, what each participant was answered by its port, and what it said.

    The lines are for quartet verify-replay, which runs them through the handlers of another release. The services must
    run with RECORDING=on. The file holds the data of the events, and the answers of the ports: personal data, too.
    """
    if not sagas and not last:
        raise typer.BadParameter("name sagas, or say how many of the last ones with --last")
    found = asyncio.run(read_recordings_of(sagas or [], load_settings(), last=last))
    for recording in found:
        for line in recording_lines(recording):
            typer.echo(line)
    for recording in found:
        if silent := [part.participant for part in recording.parts if part.is_unrecorded]:
            remarks().print(
                f"{recording.saga_id}: no record of what the port of {', '.join(silent)} answered: "
                "run the services with RECORDING=on",
                soft_wrap=True,
            )
