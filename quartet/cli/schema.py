"""`quartet schema`: the contracts, for clients in any language."""

import json
from pathlib import Path
from typing import Annotated

import typer

from quartet.cli.application import choreography
from quartet.events import json_schemas
from quartet.terminal.console import remarks, write_json
from quartet.terminal.user_error import UserError


def schema(
    out: Annotated[Path | None, typer.Option(help="Write two files per event into this directory.")] = None,
) -> None:
    """Write the JSON Schemas of every event: of its data, and of the whole CloudEvent."""
    schemas = json_schemas(choreography().events.models)
    if out is None:
        write_json(schemas)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for event_type, kinds in schemas.items():
            for kind, content in kinds.items():
                (out / f"{event_type}.{kind}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{error.filename or out} cannot be written: {error.strerror}") from error
    remarks().print(f"{len(schemas)} events, two schemas each, written to {out}")
