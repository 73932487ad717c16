"""Functions on whole items."""

from typing import Final

from quartet_emulators.cosmos.identifiers import CONTAINER_RID_BYTES, ITEM_RID_BYTES, from_text
from quartet_emulators.cosmos.sql.functions.signatures import Signature
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value


def _document_id(item: Value) -> Value:
    """The number that the item's ``_rid`` ends with: a number of its own in the container, in the order of creation."""
    text = item.get("_rid") if type(item) is dict else None
    rid = from_text(text, ITEM_RID_BYTES) if type(text) is str else None
    return UNDEFINED if rid is None else int.from_bytes(rid[CONTAINER_RID_BYTES:], "big")


ITEM_FUNCTIONS: Final = {
    "DOCUMENTID": Signature(_document_id, 1, 1),
}
