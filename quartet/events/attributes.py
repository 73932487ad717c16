"""The rules for the attributes of an event's envelope."""

import re
from collections.abc import Mapping
from typing import Final

from quartet.events.fields import SAGA_ID_PATTERN
from quartet.events.text import is_cloudevents_string

LONGEST_ATTRIBUTE: Final = 256
"""How many characters an attribute may have. It limits the size of an event in a record."""

LONGEST_SOURCE: Final = 1024
"""The same for the source, which is recorded as a digest only: the id of an Azure resource is long."""

_SAGA_ID = re.compile(SAGA_ID_PATTERN.rstrip("$") + r"\Z")


def required(attributes: Mapping[str, object], name: str) -> str:
    """The attribute of this name.

    Raises:
        ValueError: If it is missing or null, or as `optional` does.
    """
    value = optional(attributes, name)
    if value is None:
        raise ValueError(f"{name}: is missing")
    return value


def optional(attributes: Mapping[str, object], name: str) -> str | None:
    """The attribute of this name; None if it is missing or null, which are the same in CloudEvents.

    Raises:
        ValueError: If it is not a string, is empty or too long, or contains what CloudEvents forbids in a String:
            control characters, lone surrogates and noncharacters.
    """
    value = attributes.get(name)
    if value is None:
        return None
    longest = LONGEST_SOURCE if name == "source" else LONGEST_ATTRIBUTE
    if isinstance(value, str) and 0 < len(value) <= longest and is_cloudevents_string(value):
        return value
    raise ValueError(f"{name}: must be a string of 1 to {longest} characters, without control characters")


def saga_id_of(attributes: Mapping[str, object]) -> str:
    """The subject, which is the saga id.

    Raises:
        ValueError: If it is missing, or has not the form of a saga id.
    """
    value = attributes.get("subject")
    if value is None:
        raise ValueError("subject: is missing; it is the saga id")
    if isinstance(value, str) and _SAGA_ID.match(value):
        return value
    raise ValueError("subject: must be the saga id, 1 to 64 of A-Z, a-z, 0-9, _ and -")
