"""How often a long-running process looks for garbage."""

import gc
from typing import Final

# By default, Python looks after every 700 new objects that stay, many times in each batch, and finds nothing. What a
# batch leaves is freed when its last reference goes. Cycles are rare: a task and its exception, a closed connection.
_OBJECTS: Final = 50_000
_TIMES: Final = 20


def look_for_garbage_seldom() -> None:
    """Call it when a process is ready: what exists by then lives as long as the process, and is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, _TIMES, _TIMES)
