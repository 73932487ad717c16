"""Names and resource ids.

A resource is addressed by names (``dbs/hotel/colls/rooms/docs/7``) or, in the ``_self`` links that the service writes
into every resource, by resource ids: the database's has 4 bytes, a container's starts with them and has 8, an item's
starts with the container's and has 16, all in base64 with ``-`` for ``/``.
"""

import base64
import binascii
import secrets
from typing import Any, Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.json_text import to_utf8

MAX_RESOURCE_ID: Final = 255
MAX_ITEM_ID_BYTES: Final = 1023
DATABASE_RID_BYTES: Final = 4
CONTAINER_RID_BYTES: Final = 8
ITEM_RID_BYTES: Final = 16
_FORBIDDEN: Final = frozenset("/\\?#")


def to_text(rid: bytes) -> str:
    """The form of a resource id in documents and links."""
    return base64.b64encode(rid).decode().replace("/", "-")


def from_text(text: str, size: int) -> bytes | None:
    """The bytes of a resource id of ``size`` bytes, or ``None`` if the text is something else."""
    if len(text) != (size + 2) // 3 * 4:
        return None
    try:
        rid = base64.b64decode(text.replace("-", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return rid if len(rid) == size else None


def is_rid_path(segments: list[str]) -> bool:
    """Whether a path names its resources by resource id, decided as the clients decide it.

    The first bit of what they sign differs, so both sides must agree.
    """
    return len(segments) > 1 and segments[0] == "dbs" and from_text(segments[1], DATABASE_RID_BYTES) is not None


def new_database_rid() -> bytes:
    """A fresh resource id; random, so that a database created again is recognisably another one."""
    return secrets.token_bytes(DATABASE_RID_BYTES)


def new_container_rid(database: bytes) -> bytes:
    """A fresh resource id below the database's."""
    return database + secrets.token_bytes(CONTAINER_RID_BYTES - DATABASE_RID_BYTES)


def item_rid(container: bytes, number: int) -> str:
    """The resource id of the container's item with this number."""
    return to_text(container + number.to_bytes(ITEM_RID_BYTES - CONTAINER_RID_BYTES, "big"))


def item_number(container: bytes, rid: str) -> int | None:
    """The inverse of :func:`item_rid`: ``None`` if it is not an id of this container's items."""
    raw = from_text(rid, ITEM_RID_BYTES)
    if raw is None or not raw.startswith(container):
        return None
    return int.from_bytes(raw[CONTAINER_RID_BYTES:], "big")


def checked_resource_id(body: dict[str, Any], kind: str) -> str:
    r"""The ``id`` of a database or container that is to be created.

    Raises:
        CosmosError: 400, if it is missing, too long, ends in a space or holds one of ``/ \ ? #``.
    """
    name = _checked_id(body, kind)
    if len(name) > MAX_RESOURCE_ID:
        raise bad_request(
            f"The id of a {kind} has {len(name)} characters."
            f" Ensure to provide a unique non-empty string less than '{MAX_RESOURCE_ID}' characters."
        )
    return name


def checked_item_id(body: dict[str, Any]) -> str:
    """The ``id`` of an item that is to be written.

    Raises:
        CosmosError: 400, as for other resources, but the limit is 1,023 bytes of UTF-8.
    """
    name = _checked_id(body, "item")
    if len(name) > MAX_ITEM_ID_BYTES // 4 and len(name.encode("utf-8", "surrogatepass")) > MAX_ITEM_ID_BYTES:
        raise bad_request(
            f"The id of an item has at most {MAX_ITEM_ID_BYTES} bytes of UTF-8."
            f" Ensure to provide a unique non-empty string less than '{MAX_ITEM_ID_BYTES + 1}' characters."
        )
    return name


def _checked_id(body: dict[str, Any], kind: str) -> str:
    name = body.get("id")
    if name is None:
        raise bad_request(
            f"The input content is invalid because the required properties - 'id; ' - are missing ({kind})."
        )
    if not isinstance(name, str) or not name:
        raise bad_request(f"The id of a {kind} must be a non-empty string.")
    if not _FORBIDDEN.isdisjoint(name):
        raise bad_request(f"The id {name!r} of the {kind} holds one of the characters / \\ ? #, which ids must not.")
    if not name.isascii():
        to_utf8(name)
    if name[-1] in " \n":
        raise bad_request(f"The id {name!r} of the {kind} ends with a space or line break, which ids must not.")
    return name
