"""`quartet emulators`: the emulators alone, for this project or any other."""

import tempfile
from pathlib import Path

import typer

from quartet.cli.application import any_application
from quartet.extras import require_emulators
from quartet.local.hub_config import hub_flags
from quartet.local.stack import settings_flags, stack_settings


def emulators(context: typer.Context) -> None:
    """Run the emulators of Event Hubs, Cosmos DB and Blob Storage. The flags: quartet emulators --help."""
    require_emulators()
    from quartet_emulators.__main__ import main

    application = any_application()
    if application is None:
        raise typer.Exit(main(context.args))
    # A program that joins by the settings file gets them. Flags of the caller come later, and win.
    settings = settings_flags(stack_settings(application.choreography))
    with tempfile.TemporaryDirectory(prefix="quartet-") as directory:
        hub = hub_flags(application.choreography, Path(directory))
        raise typer.Exit(main([*settings, *hub, *context.args]))
