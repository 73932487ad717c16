"""Files of readings, and a lake in memory to put them into."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from examples.pipeline.app import PIPELINE
from examples.pipeline.blobs import NOTHING, Blob
from examples.pipeline.events import FileArrived
from examples.pipeline.lake import Lake

HEAD = "sensor,taken_at,value\n"
GOOD = HEAD + "s-1,2026-11-26 10:00,1.5\ns-1,2026-11-26 11:00,1.7\ns-2,2026-11-26 10:00,-3\n"
MIXED = GOOD + ",2026-11-26 10:00,2\ns-2,soon,2\n"
TWICE = GOOD + "s-2,2026-11-26T10:00:00,-4\n"
BAD = HEAD + "s-1,2026-11-26 10:00,much\n"
NO_CSV = "These are the readings of today."

ARRIVED = FileArrived(file_id="f", day="2026-11-26")


@dataclass(slots=True)
class MemoryBlobs:
    """`Blobs` in memory. The version of a blob counts how often it was written."""

    stored: dict[str, tuple[bytes, int]] = field(default_factory=dict)

    async def read(self, name: str) -> Blob | None:
        if name not in self.stored:
            return None
        content, version = self.stored[name]
        return Blob(content, f"v{version}")

    async def write(self, name: str, content: bytes, *, over: str | None = None) -> bool:
        _, version = self.stored.get(name, (b"", 0))
        if over is not None and over != (f"v{version}" if version else NOTHING):
            return False
        self.stored[name] = (content, version + 1)
        return True

    async def names(self) -> AsyncIterator[str]:
        for name in self.stored:
            yield name


def blobs_with(**files: str) -> MemoryBlobs:
    return MemoryBlobs({f"landing/{name}.csv": (text.encode(), 1) for name, text in files.items()})


def lakes(blobs: MemoryBlobs, **kinds: type[Lake]) -> Mapping[str, Lake]:
    """The ports of all participants: they are about the same blobs. `kinds`: those that are no common lake."""
    return {name: kinds.get(name, Lake)(blobs) for name in PIPELINE.names}
