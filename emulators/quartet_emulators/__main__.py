"""Run the emulators, each in a process of its own: `python -m quartet_emulators`."""

import asyncio
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from quartet_emulators.data_directory import locked
from quartet_emulators.env_file import remove_env_file, write_env_file
from quartet_emulators.log_lines import configure_log
from quartet_emulators.options import Options, parse_options
from quartet_emulators.parts.inputs import part_names, read_inputs
from quartet_emulators.processes.remote import PartEndedError
from quartet_emulators.processes.spawning import spawned
from quartet_emulators.start_error import StartError

CANNOT_START = 2  # exit status
PART_ENDED = 1  # exit status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; `arguments` as on the command line. Returns the exit status."""
    options = parse_options(arguments)
    configure_log()
    try:
        with locked(options.data_dir) as held:
            asyncio.run(serve(options, held))
    except (StartError, PartEndedError) as error:
        sys.stderr.write(f"emulators: {error}\n")
        return CANNOT_START if isinstance(error, StartError) else PART_ENDED
    return 0


async def serve(options: Options, held: int) -> None:
    """Start, say where, wait for a signal, stop.

    Args:
        options: the command line.
        held: a descriptor that the processes keep open as long as they live.

    Raises:
        StartError: something cannot start; nothing is left running.
        PartEndedError: the process of an emulator has ended; nothing is left running.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    with spawned(part_names(options), held) as processes:
        # What takes longest to import is imported while the processes import what they need.
        from quartet_emulators.processes.stack import ProcessStack

        stack = ProcessStack(read_inputs(options), processes)
        _unpublish(options)  # a file of a run that was killed: its servers have ended
        await stack.start()
        settings = stack.settings
        try:
            _publish(options, settings)
            sys.stdout.write(stack.describe() + "ready\n")
            sys.stdout.flush()
            if options.end_with_stdin:
                await _until_input_closes(stopped)
            await _first_of(stopped.wait(), stack.until_one_ends())
        finally:
            remove_env_file(options.settings_path, settings)
            await stack.stop()


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait until the first of them returns or raises; the first one that is given counts."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    next(task for task in tasks if task in done).result()


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
