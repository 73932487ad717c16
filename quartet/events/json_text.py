"""JSON in bytes, as RFC 8259 requires between systems: UTF-8. An error is one line."""

import json

from pydantic_core import from_json

from quartet.events.media_type import MediaType
from quartet.events.text import quoted

_BOM = b"\xef\xbb\xbf"


def read_json(body: bytes, declared: MediaType | None = None) -> object:
    """The value in a body.

    A byte order mark in front is skipped (RFC 8259, 8.1). Of a name that an object has twice the last value counts, as
    for the parsers of Python and JavaScript.

    Args:
        body: The bytes.
        declared: The content type that came with them.

    Raises:
        ValueError: If it is not JSON in UTF-8: the line says where it ends to be so. JSON that contains a lone
            surrogate or is nested deeper than 200 levels counts as such.
    """
    if declared is not None and not declared.is_utf_8:
        raise ValueError(f"is declared as charset {quoted(declared.charset or '')}, must be UTF-8")
    # An object that begins like this has no byte order mark, is not empty, and is no UTF-16 or UTF-32.
    return from_json(body if body.startswith(b'{"') else _utf_8(body), allow_inf_nan=False)


def _utf_8(body: bytes) -> bytes:
    body = body.removeprefix(_BOM)
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):
        raise ValueError(f"is {encoding.upper()}, must be UTF-8")
    if not body.strip():
        raise ValueError("is empty")
    return body
