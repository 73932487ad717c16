"""`quartet land`: put files into the lake, and say what then has to be published."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from examples.pipeline.blobs import NOTHING, open_blobs
from examples.pipeline.events import FileArrived
from quartet import ConfigurationError
from quartet.adapters import load_settings
from quartet.events import explain


def land(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="CSV files whose names begin with a day.")
    ],
) -> None:
    """Put files into the lake, and write their events: quartet land 2026-11-26-berlin.csv | quartet publish -."""
    try:
        arrived = {FileArrived(file_id=file.stem, day=file.stem[:10]): file for file in files}
    except ValidationError as error:
        raise typer.BadParameter(f"a file is named like 2026-11-26-berlin.csv: {explain(error)}") from error
    asyncio.run(_upload([(f"landing/{one.file_id}.csv", file.read_bytes()) for one, file in arrived.items()]))
    for one in arrived:
        typer.echo(one.model_dump_json())


async def _upload(files: Sequence[tuple[str, bytes]]) -> None:
    async with open_blobs(load_settings(), "lake") as blobs:
        for name, content in files:
            if not await blobs.write(name, content, over=NOTHING):
                raise ConfigurationError(f"{name} has landed before: give the file another name")
