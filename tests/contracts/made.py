"""Values that are made from a JSON Schema, for Hypothesis."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hypothesis import strategies as st

# Any JSON; a lone surrogate is none, and is refused where the message is parsed.
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def values(schema: Mapping[str, Any], document: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that follow the types, patterns and bounds of a schema; conditions are left to chance."""
    if "$ref" in schema:
        return values(document["$defs"][schema["$ref"].rpartition("/")[2]], document)
    if "anyOf" in schema:
        return st.one_of([values(one, document) for one in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    return _BY_TYPE[schema["type"]](schema, document)


def _objects(schema: Mapping[str, Any], document: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    fields = {name: values(one, document) for name, one in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: one for name, one in fields.items() if name in required},
        optional={name: one for name, one in fields.items() if name not in required},
    )


def _lists(schema: Mapping[str, Any], document: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    return st.lists(
        values(schema["items"], document), min_size=least, max_size=min(schema.get("maxItems", 3), least + 2)
    )


def _numbers(schema: Mapping[str, Any], _: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    whole = st.integers(schema.get("minimum"), schema.get("maximum"))
    return whole | whole.filter(lambda number: abs(number) < 2**53).map(float)


def _texts(schema: Mapping[str, Any], _: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 600)
    if "pattern" not in schema:
        return st.text(min_size=least, max_size=most)
    return st.from_regex(re.sub(r"\$\Z", r"\\Z", schema["pattern"])).filter(lambda text: least <= len(text) <= most)


_BY_TYPE: Final[Mapping[str, Callable[..., st.SearchStrategy[Any]]]] = {
    "object": _objects,
    "array": _lists,
    "integer": _numbers,
    "string": _texts,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}
