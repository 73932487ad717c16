"""`quartet schema`: the contracts, for clients in any language, and what a change of them breaks."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from quartet.choreography import Choreography
from quartet.cli.application import choreography
from quartet.cli.schema.gate import check_contracts, contracts_file
from quartet.contracts.asyncapi import asyncapi
from quartet.contracts.document import contracts_of
from quartet.events import json_schemas
from quartet.local.hub_config import chosen_layout
from quartet.terminal.console import remarks, write_json
from quartet.terminal.user_error import UserError


class Form(StrEnum):
    """The kind of document."""

    JSON_SCHEMA = "json-schema"
    ASYNCAPI = "asyncapi"


def schema(
    *,
    form: Annotated[
        Form,
        typer.Option("--format", help="JSON Schemas of every event, or AsyncAPI 3 (hubs as HUB_LAYOUT says)."),
    ] = Form.JSON_SCHEMA,
    out: Annotated[
        Path | None, typer.Option(help="Write both into this directory: two schemas per event, and asyncapi.json.")
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Fail if an event of this git revision has changed so that something breaks."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="FILE", help="As --check, with the contracts in this file.")
    ] = None,
    contracts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file of contracts [default: contracts/NAME.json].")
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Write the contracts of the code into that file.")] = False,
    retired: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="With --check: this event may be gone. May be repeated.")
    ] = None,
) -> None:
    """Write the contracts of every event, or check that what was released still holds."""
    if sum((out is not None, check is not None, against is not None, save)) > 1:
        raise typer.BadParameter("--out, --check, --against and --save do different things: give one of them")
    app = choreography()
    file = contracts or contracts_file(app)
    if check is not None or against is not None:
        check_contracts(app, file, ref=check, against=against, retired=retired or ())
    elif save:
        _write(file, contracts_of(app).to_text())
        remarks().print(f"the contracts of {len(app.events)} events, written to {file}")
    elif out is not None:
        _write_all(app, out)
    else:
        write_json(_schemas(app) if form is Form.JSON_SCHEMA else _asyncapi(app))


def _schemas(app: Choreography) -> dict[str, dict[str, Any]]:
    return json_schemas(app.events.models, outdated=app.events.outdated)


def _asyncapi(app: Choreography) -> Mapping[str, Any]:
    try:
        return asyncapi(app, chosen_layout())
    except ValueError as error:
        raise UserError(f"HUB_LAYOUT={chosen_layout()}: {error}") from error


def _write_all(app: Choreography, out: Path) -> None:
    schemas = _schemas(app)
    files = {f"{type_}.{kind}.json": one for type_, kinds in schemas.items() for kind, one in kinds.items()}
    for name, content in {**files, "asyncapi.json": _asyncapi(app)}.items():
        _write(out / name, json.dumps(content, indent=2) + "\n")
    remarks().print(f"{len(schemas)} events, two schemas each, and asyncapi.json written to {out}")


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{error.filename or file} cannot be written: {error.strerror}") from error
