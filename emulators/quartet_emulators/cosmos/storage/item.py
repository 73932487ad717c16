"""An item as it lies on the disk, and as every read finds it."""

from typing import Final, NamedTuple

_NUMBER_BITS: Final = 44


def place(container: int, number: int) -> int:
    """Where an item lies: container and number in one integer, which SQLite finds and appends twice as fast as two.

    The number identifies the item in its container for all its life, and counts the items in order of creation.
    """
    return container << _NUMBER_BITS | number


def number_at(place: int) -> int:
    """The number of the item at this place."""
    return place & (1 << _NUMBER_BITS) - 1


def places(container: int) -> tuple[int, int]:
    """The first and the last place of a container's items."""
    return place(container, 0), place(container + 1, 0) - 1


class Item(NamedTuple):
    """One version of one item. A version never changes.

    Attributes:
        place: where it lies; every version of it.
        partition: the text of its partition key.
        id: its id, which no other item of the partition has.
        lsn: the number of the change that left it so, in the container.
        ts: when that was, in whole seconds since 1970.
        ttl: its own time to live in seconds, if it has one; -1 is forever.
        ends: when it expires, in seconds since 1970; `None` is never. The container's time to live counts here.
        etag: the name of this version.
        body: the document as it goes over the wire: a read costs no encoding.
    """

    place: int
    partition: str
    id: str
    lsn: int
    ts: int
    ttl: int | None
    ends: int | None
    etag: str
    body: bytes

    @property
    def number(self) -> int:
        """Its number in its container, in order of creation."""
        return number_at(self.place)

    def has_expired(self, now: float) -> bool:
        """Whether it has outlived its time; no read shows it then."""
        return self.ends is not None and self.ends <= now
