"""The system functions of the query language.

Each takes values and gives a value; on arguments of the wrong type the result is undefined, as in the service.
"""

from typing import Final

from quartet_emulators.cosmos.sql.accumulators import ACCUMULATORS
from quartet_emulators.cosmos.sql.array_functions import ARRAY_FUNCTIONS
from quartet_emulators.cosmos.sql.date_functions import CLOCK_FUNCTIONS, DATE_FUNCTIONS
from quartet_emulators.cosmos.sql.integer_functions import INTEGER_FUNCTIONS
from quartet_emulators.cosmos.sql.item_functions import ITEM_FUNCTIONS
from quartet_emulators.cosmos.sql.number_functions import NUMBER_FUNCTIONS
from quartet_emulators.cosmos.sql.regex_functions import REGEX_FUNCTIONS
from quartet_emulators.cosmos.sql.search_functions import SEARCH_FUNCTIONS
from quartet_emulators.cosmos.sql.set_functions import SET_FUNCTIONS
from quartet_emulators.cosmos.sql.signatures import Signature
from quartet_emulators.cosmos.sql.spatial_functions import SPATIAL_FUNCTIONS
from quartet_emulators.cosmos.sql.text_functions import TEXT_FUNCTIONS
from quartet_emulators.cosmos.sql.type_functions import TYPE_FUNCTIONS

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
