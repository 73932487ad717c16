"""Request charges: about what the service would ask, by its published rules of thumb.

Reading 1 KB costs 1 request unit, writing 1 KB about 5; a query costs a fixed part, what it has looked at and what it
returns. The real figures depend on indexing and contents.
"""

from typing import Final

_KB: Final = 1024
_WRITE_PER_KB: Final = 5.0
_QUERY_FIXED: Final = 2.3
_QUERY_PER_ITEM_LOOKED_AT: Final = 0.02
_QUERY_PER_KB_RETURNED: Final = 0.35
METADATA: Final = 1.0
FAILED: Final = 1.0


def _kilobytes(size: int) -> int:
    return max(1, -(-size // _KB))


def read(size: int) -> float:
    """The charge of a point read that returns ``size`` bytes."""
    return float(_kilobytes(size))


def write(size: int) -> float:
    """The charge of a write that leaves (or deletes) ``size`` bytes."""
    return _WRITE_PER_KB * _kilobytes(size)


def query(looked_at: int, returned_bytes: int) -> float:
    """The charge of one page of a query or feed."""
    returned = _QUERY_PER_KB_RETURNED * returned_bytes / _KB
    return round(_QUERY_FIXED + _QUERY_PER_ITEM_LOOKED_AT * looked_at + returned, 2)
