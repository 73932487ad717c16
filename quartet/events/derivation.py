"""Ids that are derived, not drawn, so that a repeat has the same id. See docs/adr/0015-derived-ids.md.

CloudEvents 1.0: two events are the same if `source` and `id` are both the same. Two producers that both number
their events from 1 are common, so nothing is derived from an id alone.
"""

from hashlib import blake2b
from typing import Final
from uuid import UUID, uuid5

# These two never change: with another value every repeat would get a new id.
_NAMESPACE: Final = UUID("7a3c1f0e-5b52-4d8e-9a41-6d1c0f2b9e77")
_VERSION: Final = "derivation 2"


def event_key(source: str, id: str) -> str:  # noqa: A002 - the CloudEvents name
    """The identity of an event, as 32 hexadecimal digits: a digest of its source and its id."""
    return blake2b(f"{source}\n{id}".encode(), digest_size=16).hexdigest()


def derived_id(cause_source: str, cause_id: str, type: str, discriminator: str = "") -> str:  # noqa: A002 - as above
    """The id of an answer: a UUIDv5 of its cause and its type.

    Args:
        cause_source: The source of the event that is answered.
        cause_id: The id of that event.
        type: The type of the answer, with its version.
        discriminator: Tells it apart from another answer of this type to the same event.

    Raises:
        ValueError: If a part before the discriminator contains a line break, so that two different answers could
            get one id. Events from the hub contain none.
    """
    parts = (_VERSION, cause_source, cause_id, type)
    if any("\n" in part for part in parts):
        raise ValueError(f"an id cannot be derived from text with line breaks: {parts[1:]}")
    return str(uuid5(_NAMESPACE, "\n".join((*parts, discriminator))))


def legacy_derived_id(name: str, type: str, discriminator: str = "") -> str:  # noqa: A002 - as above
    """The id by the first derivation, which knew the id of the cause but not its source.

    It serves two purposes. What an earlier release recorded is recognised by it. And where the source is always the
    same and `name` is not the id of an event (an idempotency key, a saga id, a digest of content), the first
    derivation is unambiguous, and keeps ids equal across releases.
    """
    # The name is last, so no part of it can be confused with another part.
    return str(uuid5(_NAMESPACE, f"{type}\n{discriminator}\n{name}"))
