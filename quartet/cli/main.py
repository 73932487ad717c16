"""`quartet`: the commands, and the one place where an exception becomes a line and an exit status."""

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Final

import typer

from quartet.cli.application import use
from quartet.cli.audit.command import audit
from quartet.cli.bench.command import bench
from quartet.cli.dead_letters.command import dead_letters
from quartet.cli.demo.command import demo
from quartet.cli.doctor.command import doctor
from quartet.cli.emulators import emulators
from quartet.cli.failures import BUG, FAILED, describe, one_line
from quartet.cli.new.command import new, new_participant
from quartet.cli.publish.command import publish
from quartet.cli.replay.recordings import recordings
from quartet.cli.replay.verify_replay import verify_replay
from quartet.cli.schema.command import schema
from quartet.cli.status.command import status
from quartet.cli.timeline.command import timeline
from quartet.cli.topology.check import check
from quartet.cli.topology.graph import graph
from quartet.cli.trace.command import trace
from quartet.cli.up import up
from quartet.console.command import console
from quartet.engine.errors import ConfigurationError
from quartet.printable import printable_lines
from quartet.process.application import Application, find_application, load
from quartet.version import __version__

_GENERIC: Final = (
    *(new, demo, up, console, publish, status, timeline, trace, recordings, doctor, check, graph, schema, bench),
)


def build(application: Application | None) -> typer.Typer:
    """The commands: those of every application, and its own.

    Raises:
        ConfigurationError: one of the application's commands cannot be loaded.
    """
    use(application)
    app = typer.Typer(
        name="quartet",
        help="Run, watch and repair a choreography-based saga on Azure.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(begin)
    own = application.choreography.commands if application is not None else {}
    for command in _GENERIC:
        if command.__name__ not in own:
            app.command()(command)
    app.command(
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    )(emulators)
    app.command("new-participant")(new_participant)
    app.command("verify-replay")(verify_replay)
    app.add_typer(dead_letters, name="dead-letters")
    if application is not None and application.choreography.invariants and "audit" not in own:
        app.command()(audit)
    for name, path in own.items():
        app.command(name)(load(path, f"command {name}"))
    return app


@dataclass(slots=True)
class Invocation:
    """The options before the command."""

    debug: bool = False


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"quartet {__version__}")
        raise typer.Exit


class PrintableFormatter(logging.Formatter):
    """The standard one, with the text of servers escaped, so that it does not act on the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the lines of a traceback."""
        return printable_lines(super().format(record))


def begin(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error, and the SDKs' logs.")] = False,
    app: Annotated[  # noqa: ARG001 -- it is read before the commands are known, see `run`
        str | None, typer.Option("--app", metavar="MODULE:NAME", help="The application; also QUARTET_APP.")
    ] = None,
    version: Annotated[  # noqa: ARG001 -- its callback does the work
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version.")
    ] = False,
) -> None:
    """Run before every command."""
    invocation = context.ensure_object(Invocation)
    invocation.debug = debug
    if context.invoked_subcommand != emulators.__name__:  # they have a log of their own
        # The Azure SDKs warn about every repeat. An error that matters is raised as an exception.
        handler = logging.StreamHandler()
        handler.setFormatter(PrintableFormatter(logging.BASIC_FORMAT))
        logging.basicConfig(level=logging.INFO if debug else logging.CRITICAL, handlers=[handler])


def main() -> None:
    """The console script."""
    if sys.stderr is None:  # the shell has closed it
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- until the process ends
    if sys.stdout is None:
        sys.stderr.write("quartet: standard output is closed\n")
        sys.exit(FAILED)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal or pipe that lacks a character gets its escape, and not a traceback.
            stream.reconfigure(errors="backslashreplace")
    # An adapter in the current directory is found by `python -m services.hotel`, so it must be found here, too.
    # Last, so that it takes no other module's place.
    sys.path.append("")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status. Never raises."""
    invocation = Invocation()
    try:
        commands = build(_application(arguments))
        status = commands(args=list(arguments), prog_name="quartet", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
        return int(status or 0)
    except SystemExit as error:  # argparse, which reads the flags of the emulators
        return error.code if isinstance(error.code, int) else FAILED
    except BrokenPipeError:
        # The reader of our output has closed the pipe; the interpreter must not try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except BaseException as error:  # noqa: BLE001 -- the end of the program
        return _report(error, invocation)


def _application(arguments: Sequence[str]) -> Application | None:
    """The application that is meant; None where there is none, or where a broken one must not prevent the command.

    Raises:
        ConfigurationError: it cannot be loaded, and the command is about it.
    """
    try:
        return find_application(_named(arguments))
    except ConfigurationError:
        words = [word for word in arguments if not word.startswith("-") and word != _named(arguments)]
        if words[:1] in ([], [new.__name__]):
            return None
        raise


def _named(arguments: Sequence[str]) -> str | None:
    """The application that --app names, in front of the command: what commands there are depends on it."""
    for position, word in enumerate(arguments):
        if not word.startswith("-"):
            break
        if word.startswith("--app="):
            return word.removeprefix("--app=")
        if word == "--app" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def _report(error: BaseException, invocation: Invocation) -> int:
    failure = describe(error)
    if invocation.debug:
        sys.stderr.write(printable_lines("".join(traceback.format_exception(error))))
    if failure is None:
        line = one_line(f"{type(error).__name__}: {error}")
        sys.stderr.write(f"quartet: a bug in quartet: {line}. Please report it, with the output of quartet --debug …\n")
        return BUG
    if failure.line:
        sys.stderr.write(f"quartet: {failure.line}\n")
    return failure.status
