"""Run the three emulators in one process: `python -m quartet_emulators`."""

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from quartet_emulators.data_directory import locked
from quartet_emulators.env_file import remove_env_file, write_env_file
from quartet_emulators.garbage import look_for_garbage_seldom
from quartet_emulators.options import Options, parse_options
from quartet_emulators.stack import Stack
from quartet_emulators.start_error import StartError

CANNOT_START = 2  # exit status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; `arguments` as on the command line. Returns the exit status."""
    options = parse_options(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        with locked(options.data_dir):
            asyncio.run(serve(options))
    except StartError as error:
        sys.stderr.write(f"emulators: {error}\n")
        return CANNOT_START
    return 0


async def serve(options: Options) -> None:
    """Start, say where, wait for a signal, stop.

    Raises:
        StartError: something cannot start; nothing is left running.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    stack = Stack(options)
    _unpublish(options)  # a file of a run that was killed: its servers have ended
    await stack.start()
    settings = stack.settings
    try:
        _publish(options, settings)
        look_for_garbage_seldom()
        sys.stdout.write(stack.describe() + "ready\n")
        sys.stdout.flush()
        if options.end_with_stdin:
            await _until_input_closes(stopped)
        await stopped.wait()
    finally:
        remove_env_file(options.settings_path, settings)
        await stack.stop()


async def _until_input_closes(stopped: asyncio.Event) -> None:
    """Let the end of standard input stop the servers, in whatever way the program at its other end has ended."""
    loop = asyncio.get_running_loop()

    class Ending(asyncio.Protocol):
        def connection_lost(self, _exc: Exception | None) -> None:
            stopped.set()

    await loop.connect_read_pipe(Ending, sys.stdin)


def _publish(options: Options, settings: dict[str, str]) -> None:
    try:
        write_env_file(options.settings_path, settings)
    except OSError as error:
        raise StartError(f"{options.settings_path}: {error.strerror}; choose another with --env-file") from error


def _unpublish(options: Options) -> None:
    try:
        options.settings_path.unlink(missing_ok=True)
    except OSError as error:
        raise StartError(f"{options.settings_path}: {error.strerror}; choose another with --env-file") from error


if __name__ == "__main__":
    sys.exit(main())
