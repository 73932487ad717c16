"""The manifest: one blob, which names the file of each day. Readers see the files in it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from examples.pipeline.blobs import NOTHING, Blobs
from examples.pipeline.step import Refused
from quartet import TransientError

_NAME = "manifest.json"
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """The file of each day; and the files that must never be seen (tombstones)."""

    days: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()

    def naming(self, file_id: str, day: str) -> "Manifest | Refused":
        """With the file as that of the day. A day has one file, the first one."""
        if file_id in self.refused:
            return Refused("withdrawn")
        if self.days.get(day, file_id) != file_id:
            return Refused("day_taken")
        return Manifest({**self.days, day: file_id}, self.refused)

    def refusing(self, file_id: str) -> "Manifest | Refused":
        """Without the file, now and forever, unless it is named."""
        return Refused("published") if file_id in self.days.values() else self.without(file_id)

    def without(self, file_id: str) -> "Manifest":
        """Without the file, now and forever. Its day is free for another one."""
        days = {day: name for day, name in self.days.items() if name != file_id}
        return Manifest(days, tuple(sorted({*self.refused, file_id})))


_STORED = TypeAdapter(Manifest)


async def read(blobs: Blobs) -> tuple[Manifest, str]:
    """The manifest, and its version."""
    found = await blobs.read(_NAME)
    return (Manifest(), NOTHING) if found is None else (_STORED.validate_json(found.content), found.version)


async def swap(blobs: Blobs, change: Callable[[Manifest], Manifest | Refused]) -> Refused | None:
    """Change the manifest, unless that is refused. A change on what another process has swapped meanwhile is repeated.

    Raises:
        TransientError: others were faster each time.
    """
    for _ in range(_ATTEMPTS):
        manifest, version = await read(blobs)
        changed = change(manifest)
        if isinstance(changed, Refused):
            return changed
        if changed == manifest or await blobs.write(_NAME, _STORED.dump_json(changed), over=version):
            return None
    raise TransientError(f"others have swapped the manifest {_ATTEMPTS} times meanwhile")
