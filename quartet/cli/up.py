"""`quartet up`: the whole system on this machine, with the live page, until Ctrl-C."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from quartet.cli.application import in_style, runnable, the_application, use
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.provisioning import provision
from quartet.extras import MissingExtraError, require_console, require_emulators
from quartet.local.dashboard import Dashboard
from quartet.local.data_directory import wipe
from quartet.local.hub_config import CONSOLE
from quartet.local.restarting import Restarter
from quartet.local.stack import CONSOLE_PORT, LocalStack, StackOptions, any_ports, console_port, free_ports
from quartet.local.supervisor import ProcessExitedError
from quartet.process.application import load
from quartet.terminal.console import is_coloured, remarks, results
from quartet.terminal.console_sink import ConsoleSink
from quartet.terminal.interruption import first_of, stop_signals
from quartet.terminal.user_error import UserError


class LogFormat(StrEnum):
    """How the services log."""

    CONSOLE = "console"
    JSON = "json"


def up(
    *,
    data_dir: Annotated[Path, typer.Option(help="Where the emulators keep their data.")] = Path(".quartet"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Remove the data of earlier runs first.")] = False,
    replicas: Annotated[int, typer.Option(min=1, max=16, help="Processes of each service.")] = 1,
    any_port: Annotated[bool, typer.Option("--any-ports", help="Take free ports instead of the default ones.")] = False,
    log_format: Annotated[LogFormat, typer.Option(help="How the services log.")] = LogFormat.CONSOLE,
    page: Annotated[
        bool, typer.Option("--console/--no-console", help="Serve the live page, too; see quartet console.")
    ] = True,
    restart: Annotated[
        bool, typer.Option("--restart/--no-restart", help="Restart a process that dies, or stop everything.")
    ] = True,
    style: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run the same sagas in another way that the application has.")
    ] = None,
    dashboard: Annotated[
        bool,
        typer.Option("--dashboard", help="Also start the Aspire dashboard: traces and metrics of the services."),
    ] = False,
    aspire: Annotated[
        Path | None,
        typer.Option(
            metavar="PROGRAM", envvar="QUARTET_ASPIRE", help="The program of the dashboard, if it is not on the PATH."
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A further setting, also in the settings file for other programs. May be repeated.",
        ),
    ] = None,
) -> None:
    """Run the emulators, all services and the live page, with all their logs, until Ctrl-C.

    A process that dies is restarted, after a pause that grows when it keeps dying. One that refuses its configuration
    (exit status 2) ends all of them.

    Ports that are chosen by name are simulated, whatever the shell has set; --setting NAME=package.module:factory puts
    your own in the place of one.
    """
    require_emulators()
    shared = _settings(setting or [])
    if fresh:
        wipe(data_dir)
    application = in_style(style) if style else the_application()
    further = application.choreography.emulators
    ports = any_ports(further) if any_port else free_ports(further)
    if not any_port:
        for name in sorted(name for name, port in ports.items() if port == 0):
            remarks().print(f"the default port of {name} is taken: it gets another one")
    use(application)
    runnable()
    # The page shows what each event changed alone: see ADR 37. A setting of the user's own comes first.
    recording = {} if "RECORDING" in {*os.environ, *shared} or not page else {"RECORDING": "on"}
    options = StackOptions(application, data_dir, ports, replicas, {"LOG_FORMAT": log_format, **recording}, shared)
    shown = results()
    stack = LocalStack(options, ConsoleSink(shown), is_coloured=is_coloured(shown))
    beside = _Beside(
        _page_port(any_port=any_port) if page else None, Dashboard(aspire, stack.say) if dashboard else None
    )
    asyncio.run(_run(stack, beside, restart=restart))


@dataclass(frozen=True, slots=True)
class _Beside:
    """What runs beside the services: the live page, on this port, and the dashboard; None: it does not."""

    page: int | None
    dashboard: Dashboard | None


def _page_port(*, any_port: bool) -> int | None:
    """The port of the page; None, with a remark, if it is not installed."""
    try:
        require_console()
    except MissingExtraError as error:
        remarks().print(f"without the live page: {error}", markup=False)
        return None
    port = console_port(any_port=any_port)
    if not any_port and port != CONSOLE_PORT:
        remarks().print("the default port of the console is taken: it gets another one")
    return port


def _settings(given: list[str]) -> dict[str, str]:
    from quartet_emulators.env_file import read_setting

    try:
        return dict(map(read_setting, given))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--setting") from error


async def _run(stack_of_all: LocalStack, beside: _Beside, *, restart: bool) -> None:
    """Run until a signal comes. The dashboard is stopped last, so that it gets what the services send at their end.

    Raises:
        UserError: a process has died, and is not to be restarted.
        ConfigurationError: in a group; a process has refused its configuration.
        ProcessExitedError: the emulators could not start.
    """
    watch = _keep_running if restart else _until_one_dies
    async with stop_signals() as stopping, beside.dashboard or nullcontext(), stack_of_all as stack:
        await first_of(stopping.wait(), _work(stack, watch, beside))


async def _work(
    stack: LocalStack, watch: Callable[[LocalStack], Coroutine[Any, Any, NoReturn]], beside: _Beside
) -> NoReturn:
    if beside.dashboard is not None:
        stack.share(await beside.dashboard.start())
    await stack.start_emulators()
    await first_of(watch(stack), _serve(stack, beside.page))
    raise AssertionError("neither of them ends")


async def _keep_running(stack: LocalStack) -> NoReturn:
    await Restarter(stack.supervisor, stack.say, dispensable=(CONSOLE,)).run()


async def _until_one_dies(stack: LocalStack) -> NoReturn:
    raise UserError(f"{await stack.wait_for_exit()}: everything was stopped. Its last lines say why")


async def _serve(stack: LocalStack, port: int | None) -> NoReturn:
    """Start the services, say how to join, start the page, and run until cancelled."""
    from quartet_emulators.env_file import to_join

    await asyncio.gather(stack.start_services(), prepare(stack))
    path = stack.settings_path
    for line in ("ready. To join from another shell:", f"  {to_join(path)}", "Ctrl-C stops everything"):
        stack.say(line)
    # After the services: they are not ready later because of it.
    if port is not None:
        with suppress(ProcessExitedError):  # what watches says so
            stack.say(f"the live page: {await stack.start_console(port)}")
    await asyncio.Event().wait()
    raise AssertionError("never set")


async def prepare(stack: LocalStack) -> None:
    """Create the databases, and run the application's `on_start`.

    Raises:
        OutageError: a server does not answer.
    """
    application = runnable()
    async with open_cosmos(stack.settings) as cosmos:
        await provision(cosmos, application)
        if application.on_start and (done := await load(application.on_start, "on_start")(cosmos)):
            stack.say(done)
