"""`quartet timeline`: one saga as a story."""

import asyncio
from typing import Annotated

import typer

from quartet.azure.settings import load_settings
from quartet.cli.application import choreography
from quartet.cli.failures import FAILED
from quartet.cli.options import SagaArgument
from quartet.cli.timeline.timeline import read_timeline
from quartet.cli.timeline.view import timeline_json, timeline_listing
from quartet.terminal.console import show, write_json
from quartet.terminal.user_error import UserError


def timeline(
    saga: SagaArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show every event of a saga, one after the other: who said it, because of what, after how many ms.

    Exit status 1 if one of them, or a message that names it, cannot be read.
    """
    story = asyncio.run(read_timeline(saga, load_settings()))
    if not story:
        raise UserError(f"the hub holds no event of a saga {saga}: check the id, or the hub's retention")
    if as_json:
        write_json(timeline_json(story))
    else:
        ends = {end.type for end in choreography().ends}
        show(timeline_listing(story, f"Saga {saga}", ends))
    if not all(said.is_read for said in story):
        raise typer.Exit(FAILED)
