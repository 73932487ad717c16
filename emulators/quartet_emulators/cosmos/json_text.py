"""JSON as the service accepts and writes it: strict numbers, UTF-8, nothing that could not be read back."""

import json
from typing import Any, TypeAlias

from quartet_emulators.cosmos.errors import bad_request

Json: TypeAlias = Any
"""A JSON value: what it is in truth is for the code that reads it to find out."""


def _refuse_constant(name: str) -> Json:
    msg = f"{name} is not a JSON number"
    raise ValueError(msg)


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)


def decode(raw: bytes | str) -> Json:
    """Read client text.

    Raises:
        CosmosError: 400, if it is not UTF-8 or not JSON, or is nested too deeply to be read.
    """
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        return _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise bad_request(f"The request body is not valid JSON: {reason}") from None


def decode_stored(raw: bytes) -> Json:
    """Read what the emulator itself has written."""
    return json.loads(raw)


def encode_text(value: Json) -> str:
    """Write compact JSON.

    Raises:
        CosmosError: 400, if a number is not finite or the value is nested too deeply.
    """
    try:
        return _encoder.encode(value)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The value cannot be written as JSON: {error}") from None


def encode(value: Json) -> bytes:
    """Write compact JSON as UTF-8.

    Raises:
        CosmosError: 400, as ``encode_text``, and for text that UTF-8 cannot express (a lone surrogate).
    """
    return to_utf8(encode_text(value))


def to_utf8(text: str) -> bytes:
    """Encode text that came from a client.

    Raises:
        CosmosError: 400, for a lone surrogate.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise bad_request("The request holds a lone surrogate, which UTF-8 cannot express.") from None
