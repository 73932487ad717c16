"""How the processes of the emulators log: warnings, on standard error."""

import logging


def configure_log() -> None:
    """Call it first in a process. A record is one write, so those of several processes do not mix."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
