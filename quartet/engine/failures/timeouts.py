"""One setting for slow machines: every limit on waiting for a process or a server is multiplied by it.

A limit on waiting finds what hangs. On a machine that is slow or busy it must be longer, and nothing else changes:
what is quick does not wait. Times with a meaning of their own, such as a saga's deadline or the life of an
ownership, are settings of their own and are never multiplied.
"""

import math
import os
from typing import Final

from quartet.engine.errors import ConfigurationError

VARIABLE: Final = "QUARTET_TIMEOUT_FACTOR"


def stretched(seconds: float) -> float:
    """This limit in seconds, adapted to this machine.

    Raises:
        ConfigurationError: the factor in the environment is not a number of at least 1.
    """
    return seconds * timeout_factor()


def timeout_factor() -> float:
    """By how much limits are multiplied; 1 if nothing is set. Raises as `stretched` does."""
    text = os.environ.get(VARIABLE) or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 1 <= factor < math.inf:
        raise ConfigurationError(f"{VARIABLE}: expected a number from 1 on, such as 4 for a busy machine, not {text!r}")
    return factor
