"""One expression, evaluated for one document at a fixed time."""

from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.compile import compiled
from quartet_emulators.cosmos.sql.values import UNDEFINED

DOCUMENT: dict[str, Json] = {
    "id": "1",
    "n": 5,
    "half": 0.5,
    "s": "Tea",
    "t": True,
    "f": False,
    "null": None,
    "a": [1, "two", None, [3]],
    "o": {"b": {"c": 7}, "d e": 8, "order": 9},
    "tags": ["red", "hot"],
    "lines": [{"sku": "tea", "q": 2}, {"sku": "mug", "q": 1}],
}
PARAMETERS = {"@five": 5, "@key": "b", "@list": [1, 2], "@none": None}


def value(expression: str) -> Json:
    """What an expression is worth for the document; `UNDEFINED` if it has no value."""
    found = list(compiled(f"SELECT VALUE {expression} FROM c").rows([DOCUMENT], PARAMETERS, 1_800_000_000.5))
    return found[0] if found else UNDEFINED
