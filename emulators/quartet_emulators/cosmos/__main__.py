"""The emulator on its own: ``python -m quartet_emulators.cosmos --data-dir D [--host H] [--port N]``."""

import argparse
import asyncio
import errno
import logging
import signal
import sys
from pathlib import Path

from quartet_emulators.cosmos.server import CosmosEmulator
from quartet_emulators.cosmos.storage.sqlite_file import StorageError

CANNOT_START = 2


def main() -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 2 if the port or the data directory cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m quartet_emulators.cosmos", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the data lies or will lie")
    parser.add_argument("--host", default="127.0.0.1", help="the address to bind (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8081, help="the port to bind, 0 = any free one (default: %(default)s)"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(
            _serve(CosmosEmulator(arguments.data_dir, host=arguments.host, port=arguments.port), arguments.host)
        )
    except (OSError, StorageError) as error:
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = f"port {arguments.port} is in use; choose another with --port" if in_use else error
        sys.stderr.write(f"cannot start: {reason}\n")
        return CANNOT_START
    return 0


async def _serve(emulator: CosmosEmulator, host: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await emulator.start()
    sys.stdout.write(f"listening on {host}:{emulator.port}\n")
    sys.stdout.flush()
    await stopping.wait()
    await emulator.stop()


if __name__ == "__main__":
    sys.exit(main())
