"""`quartet emulators`: the emulators alone, for this project or any other."""

import typer

from emulators.__main__ import main


def emulators(context: typer.Context) -> None:
    """Run the emulators of Event Hubs, Cosmos DB and Blob Storage. The flags: quartet emulators --help."""
    raise typer.Exit(main(context.args))
