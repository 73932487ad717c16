"""`quartet emulators`: the emulators alone, for this project or any other."""

import typer
from quartet_emulators.__main__ import main

from quartet.cli.application import any_application
from quartet.local.stack import settings_flags, simulated_ports


def emulators(context: typer.Context) -> None:
    """Run the emulators of Event Hubs, Cosmos DB and Blob Storage. The flags: quartet emulators --help."""
    # Whoever joins by the settings file gets simulated ports, unless a later --setting says something else.
    application = any_application()
    ports = simulated_ports(application.choreography) if application else {}
    raise typer.Exit(main([*settings_flags(ports), *context.args]))
