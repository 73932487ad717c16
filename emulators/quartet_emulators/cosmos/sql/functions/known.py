"""The functions that the service has, by family: those of Microsoft's reference of the query language.

What is here and not in :mod:`~quartet_emulators.cosmos.sql.functions.supported` is refused as known but missing.
"""

from typing import Final

KNOWN_FUNCTIONS: Final[dict[str, tuple[str, ...]]] = {
    "aggregates": ("AVG", "COUNT", "COUNTIF", "MAKELIST", "MAKESET", "MAX", "MIN", "SUM"),
    "arrays": (
        *("ARRAY_AVG", "ARRAY_CONCAT", "ARRAY_CONTAINS", "ARRAY_CONTAINS_ALL", "ARRAY_CONTAINS_ANY", "ARRAY_LENGTH"),
        *("ARRAY_MAX", "ARRAY_MEDIAN", "ARRAY_MIN", "ARRAY_SLICE", "ARRAY_SUM", "CHOOSE", "OBJECTTOARRAY"),
        *("SETDIFFERENCE", "SETEQUAL", "SETINTERSECT", "SETUNION"),
    ),
    "conditions": ("IIF",),
    "dates and times": (
        *("AGO", "DATETIMEADD", "DATETIMEBIN", "DATETIMEDIFF", "DATETIMEFORMAT", "DATETIMEFROMPARTS", "DATETIMEPART"),
        *("DATETIMETOTICKS", "DATETIMETOTIMESTAMP", "DAY", "GETCURRENTDATETIME", "GETCURRENTDATETIMESTATIC"),
        *("GETCURRENTTICKS", "GETCURRENTTICKSSTATIC", "GETCURRENTTIMESTAMP", "GETCURRENTTIMESTAMPSTATIC", "MONTH"),
        *("NOW", "TICKSTODATETIME", "TIMESTAMPTODATETIME", "YEAR"),
    ),
    "full text": ("FULLTEXTCONTAINS", "FULLTEXTCONTAINSALL", "FULLTEXTCONTAINSANY", "FULLTEXTSCORE", "RRF"),
    "items": ("DOCUMENTID", "HASH"),
    "numbers": (
        *("ABS", "ACOS", "ASIN", "ATAN", "ATN2", "CEILING", "COS", "COT", "DEGREES", "EXP", "FLOOR", "INTADD"),
        *("INTBITAND", "INTBITLEFTSHIFT", "INTBITNOT", "INTBITOR", "INTBITRIGHTSHIFT", "INTBITXOR", "INTDIV"),
        *("INTMOD", "INTMUL", "INTSUB", "LOG", "LOG10", "NUMBERBIN", "PI", "POWER", "RADIANS", "RAND", "ROUND"),
        *("SIGN", "SIN", "SQRT", "SQUARE", "TAN", "TRUNC"),
    ),
    "places": ("ST_AREA", "ST_DISTANCE", "ST_INTERSECTS", "ST_ISVALID", "ST_ISVALIDDETAILED", "ST_WITHIN"),
    "texts": (
        *("CONCAT", "CONTAINS", "CONTAINS_ALL_CI", "CONTAINS_ALL_CS", "CONTAINS_ANY_CI", "CONTAINS_ANY_CS"),
        *("ENDSWITH", "INDEX_OF", "LASTINDEXOF", "LASTSUBSTRINGAFTER", "LASTSUBSTRINGBEFORE", "LEFT", "LENGTH"),
        *("LOWER", "LTRIM", "REGEXEXTRACT", "REGEXEXTRACTALL", "REGEXMATCH", "REGEXREPLACE", "REGEXREPLACEALL"),
        *("REPLACE", "REPLICATE", "REVERSE", "RIGHT", "RTRIM", "STARTSWITH", "STRINGEQUALS", "STRINGJOIN"),
        *("STRINGSPLIT", "STRINGTOARRAY", "STRINGTOBOOLEAN", "SUBSTRING", "SUBSTRINGAFTER", "SUBSTRINGBEFORE"),
        *("TOSTRING", "TRIM", "UPPER"),
    ),
    "types": (
        *("IS_ARRAY", "IS_BOOL", "IS_DATETIME", "IS_DEFINED", "IS_FINITE_NUMBER", "IS_INTEGER", "IS_NULL"),
        *("IS_NUMBER", "IS_OBJECT", "IS_PRIMITIVE", "IS_STRING", "STRINGTONULL", "STRINGTONUMBER", "STRINGTOOBJECT"),
    ),
    "vectors": ("VECTORDISTANCE",),
}
"""Names in upper case. COUNTIF, HASH, MAKELIST and MAKESET are in Microsoft's query editor, not in the reference."""

ALL_KNOWN: Final = frozenset(name for names in KNOWN_FUNCTIONS.values() for name in names)
"""The same names, for the question whether there is such a function."""
