"""How much a process of the emulators reads from a socket at a time."""

from asyncio import selector_events
from typing import Final

# asyncio makes room for 256 KB before each read. The C library asks the system for what is larger than 128 KB, and
# gives it back afterwards: three calls and page faults for each request, about 15 microseconds of CPU time.
_BYTES: Final = 120 * 1024


def read_moderate_pieces() -> None:
    """Call it before an emulator starts. Does nothing with a Python whose transports are made otherwise."""
    transports = getattr(selector_events, "_SelectorTransport", None)
    if transports is not None:
        transports.max_size = _BYTES
