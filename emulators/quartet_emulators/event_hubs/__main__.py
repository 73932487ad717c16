"""Run the emulator alone: ``python -m quartet_emulators.event_hubs --data-dir D --config FILE``."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from quartet_emulators.event_hubs.config import ConfigError, load_config
from quartet_emulators.event_hubs.server import EventHubsEmulator

DEFAULT_PORT = 5672
_CANNOT_START = 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m quartet_emulators.event_hubs", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the events are kept")
    parser.add_argument("--config", type=Path, required=True, help="Config.json, as of Microsoft's emulator")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 = any free one (default: %(default)s)")
    return parser.parse_args()


async def _serve(emulator: EventHubsEmulator, host: str) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await emulator.start()
    print(f"listening on {host}:{emulator.port}", flush=True)  # noqa: T201 - what a person or a script waits for
    await stopped.wait()
    await emulator.stop()


def main() -> int:
    """Serve until SIGINT or SIGTERM; 2 if that cannot begin, with one line that says why."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        emulator = EventHubsEmulator(
            arguments.data_dir, load_config(arguments.config), host=arguments.host, port=arguments.port
        )
        asyncio.run(_serve(emulator, arguments.host))
    except (ConfigError, OSError, OverflowError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - one line for the person who started it
        return _CANNOT_START
    return 0


if __name__ == "__main__":
    sys.exit(main())
