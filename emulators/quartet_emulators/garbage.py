"""How often a process of the emulators looks for garbage."""

import gc
from typing import Final

# By default, Python looks after every 700 new objects that stay: under load several times a second, through all stored
# documents and events. What a request leaves is freed when its last reference goes, and cycles are rare.
_OBJECTS: Final = 50_000
_TIMES: Final = 20


def look_for_garbage_seldom() -> None:
    """Call it when an emulator is ready: what exists by then lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, _TIMES, _TIMES)
