"""`quartet console`: the live page."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from quartet.azure.settings import load_settings
from quartet.cli.application import runnable
from quartet.console.settings import ConsoleSettings, load_console_settings
from quartet.engine.errors import ConfigurationError
from quartet.extras import require_console
from quartet.process.logs import configure_logs, wants_colors


def console(
    *,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port; 0 takes any free one. By default CONSOLE_PORT.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the projection is kept. By default CONSOLE_DATA.")
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Forget the projection, and read the hub from its beginning.")
    ] = False,
    capture: Annotated[
        Path | None,
        typer.Option(help="With --rebuild: read the files of Event Hubs Capture in this directory before the hub."),
    ] = None,
) -> None:
    """Serve the live page: every saga, how it stands, and what is missing. Until Ctrl-C.

    It reads the hub as the consumer group `console` and changes nothing, unless CONSOLE_ACTIONS=on.
    """
    if capture is not None and not rebuild:
        raise ConfigurationError("--capture needs --rebuild: a projection takes older events before newer ones only")
    own = load_console_settings()
    changed = {"port": port, "data": data_dir}
    given = {name: value for name, value in changed.items() if value is not None}
    run(own.model_copy(update=given), rebuild=rebuild, capture=capture)


def run(own: ConsoleSettings, *, rebuild: bool = False, capture: Path | None = None) -> None:
    """Serve the page of this process's application. `capture`: files that are read before the hub.

    Raises:
        MissingExtraError: the packages for it are not installed.
        ConfigurationError: a setting or a file of Capture is wrong, or the port is taken.
    """
    require_console()
    from quartet.console.serving import serve

    app, settings = runnable(), load_settings()
    configure_logs(settings.log_format, settings.log_level, colors=wants_colors(sys.stdout))
    asyncio.run(serve(app, settings, own, rebuild=rebuild, capture=capture, say=_say))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
