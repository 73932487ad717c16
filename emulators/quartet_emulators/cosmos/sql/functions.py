"""The system functions of the query language.

Each takes values and gives a value; on arguments of the wrong type the result is undefined, as in the service.
"""

from typing import Final

from quartet_emulators.cosmos.sql.array_functions import ARRAY_FUNCTIONS
from quartet_emulators.cosmos.sql.date_functions import CLOCK_FUNCTIONS, DATE_FUNCTIONS
from quartet_emulators.cosmos.sql.number_functions import NUMBER_FUNCTIONS
from quartet_emulators.cosmos.sql.signatures import Signature
from quartet_emulators.cosmos.sql.text_functions import TEXT_FUNCTIONS
from quartet_emulators.cosmos.sql.type_functions import TYPE_FUNCTIONS

FUNCTIONS: Final[dict[str, Signature]] = {
    **ARRAY_FUNCTIONS,
    **DATE_FUNCTIONS,
    **NUMBER_FUNCTIONS,
    **TEXT_FUNCTIONS,
    **TYPE_FUNCTIONS,
}
"""The functions whose result depends on their arguments alone, by their names in upper case."""

AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG"})

__all__ = ("AGGREGATES", "CLOCK_FUNCTIONS", "FUNCTIONS", "KNOWN_BUT_UNSUPPORTED")

KNOWN_BUT_UNSUPPORTED: Final = (
    *("ST_", "VECTORDISTANCE", "FULLTEXT", "RRF", "DATETIMEFORMAT", "COUNTIF"),
    *("RAND", "ACOS", "ASIN", "ATAN", "ATN2", "COS", "COT", "DEGREES", "RADIANS", "SIN", "TAN", "NUMBERBIN"),
    *("INTADD", "INTSUB", "INTMUL", "INTDIV", "INTMOD", "INTBIT", "DOCUMENTID", "MAKELIST", "MAKESET", "HASH"),
    *("ARRAY_AVG", "ARRAY_MAX", "ARRAY_MEDIAN", "ARRAY_MIN", "ARRAY_SUM"),
)
"""Beginnings of the names of functions that the service has and the emulator has not."""
