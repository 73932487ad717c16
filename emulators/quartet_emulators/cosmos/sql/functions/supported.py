"""The system functions of the query language.

Each takes values and gives a value; on arguments of the wrong type the result is undefined, as in the service.
"""

from typing import Final

from quartet_emulators.cosmos.sql.accumulators import ACCUMULATORS
from quartet_emulators.cosmos.sql.functions.arrays import ARRAY_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.dates import CLOCK_FUNCTIONS, DATE_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.integers import INTEGER_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.items import ITEM_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.mathematics import NUMBER_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.regex import REGEX_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.search import SEARCH_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.sets import SET_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.signatures import Signature
from quartet_emulators.cosmos.sql.functions.spatial import SPATIAL_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.strings import TEXT_FUNCTIONS
from quartet_emulators.cosmos.sql.functions.value_types import TYPE_FUNCTIONS

FUNCTIONS: Final[dict[str, Signature]] = {
    **ARRAY_FUNCTIONS,
    **DATE_FUNCTIONS,
    **INTEGER_FUNCTIONS,
    **ITEM_FUNCTIONS,
    **NUMBER_FUNCTIONS,
    **REGEX_FUNCTIONS,
    **SEARCH_FUNCTIONS,
    **SET_FUNCTIONS,
    **SPATIAL_FUNCTIONS,
    **TEXT_FUNCTIONS,
    **TYPE_FUNCTIONS,
}
"""The functions whose result depends on their arguments alone, by their names in upper case."""

AGGREGATES: Final = frozenset(ACCUMULATORS)
"""The functions over the rows of a group."""

SUPPORTED_FUNCTIONS: Final = FUNCTIONS.keys() | CLOCK_FUNCTIONS.keys() | AGGREGATES
"""The names of all functions that the emulator has."""

__all__ = ("AGGREGATES", "CLOCK_FUNCTIONS", "FUNCTIONS", "SUPPORTED_FUNCTIONS")
