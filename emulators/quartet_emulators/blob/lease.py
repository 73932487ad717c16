"""A lease on a blob or a container: its states, and what it lets pass.

After "Lease Blob" and "Lease Container" of the REST documentation. A lease keeps others from writing to a blob, or
from deleting a container.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from quartet_emulators.blob.errors import BlobError, ErrorCode

INFINITE = -1


@dataclass(frozen=True, slots=True)
class Lease:
    """What is known of the last lease; without an id there is none.

    Attributes:
        duration: seconds; `INFINITE` if it never expires.
        ends: when it expires, or the end of the break period if it is broken; seconds since the epoch.
    """

    id: str = ""
    duration: int = 0
    ends: float = 0.0
    is_broken: bool = False

    def state(self, now: float) -> str:
        """`available`, `leased`, `expired`, `breaking` or `broken`."""
        if not self.id:
            return "available"
        if self.is_broken:
            return "breaking" if now < self.ends else "broken"
        return "leased" if self.duration == INFINITE or now < self.ends else "expired"

    def is_locked(self, now: float) -> bool:
        """Whether it still keeps others away."""
        return self.state(now) in {"leased", "breaking"}

    def words(self, now: float) -> dict[str, str]:
        """Status, state and, while it is leased, the kind of duration: for headers and lists."""
        state = self.state(now)
        words = {"status": "locked" if self.is_locked(now) else "unlocked", "state": state}
        return words | ({"duration": "infinite" if self.duration == INFINITE else "fixed"} if state == "leased" else {})

    def headers(self, now: float) -> dict[str, str]:
        """The headers of a blob or a container that say it."""
        return {f"x-ms-lease-{name}": word for name, word in self.words(now).items()}

    def xml(self, now: float) -> str:
        """The same in a list."""
        return "".join(
            f"<Lease{name.capitalize()}>{word}</Lease{name.capitalize()}>" for name, word in self.words(now).items()
        )

    def after_write(self, now: float) -> "Lease":
        """A lease that has expired cannot be renewed after a write."""
        return Lease() if self.state(now) == "expired" else self

    def breaking(self, now: float, period: float) -> "Lease":
        """The same lease, which ends after a time in seconds."""
        return replace(self, is_broken=True, ends=now + period)


NO_LEASE = Lease()


def check_read(headers: Mapping[str, str], lease: Lease, now: float, level: str = "blob") -> None:
    """Let a read pass: it needs no lease, but if it names one, this must be the active one.

    Raises:
        BlobError: 412 if the request names a lease that is none, or another one.
    """
    asked = headers.get("x-ms-lease-id")
    if asked is None:
        return
    if not lease.is_locked(now):
        was_lost = lease.id == asked.lower() and level == "blob"
        raise BlobError(ErrorCode.LEASE_LOST if was_lost else _NOT_PRESENT[level])
    if lease.id != asked.lower():
        raise BlobError(_MISMATCH[level])


def check_write(headers: Mapping[str, str], lease: Lease, now: float, level: str = "blob") -> None:
    """Let a write pass, which must name the lease while there is one.

    Raises:
        BlobError: 412 if it names none, or as `check_read`.
    """
    check_read(headers, lease, now, level)
    if lease.is_locked(now) and "x-ms-lease-id" not in headers:
        raise BlobError(ErrorCode.LEASE_ID_MISSING)


_MISMATCH = {
    "blob": ErrorCode.LEASE_ID_MISMATCH_WITH_BLOB,
    "container": ErrorCode.LEASE_ID_MISMATCH_WITH_CONTAINER,
}
_NOT_PRESENT = {
    "blob": ErrorCode.LEASE_NOT_PRESENT_WITH_BLOB,
    "container": ErrorCode.LEASE_NOT_PRESENT_WITH_CONTAINER,
}
