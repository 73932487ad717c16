"""The port of every participant: the lake, where the rows of a file lie.

| blob | what it holds | written by |
|---|---|---|
| `landing/<file>.csv` | the file as it came | the sender |
| `rejects/<file>.parquet` | its bad rows | validation |
| `data/<file>.parquet` | its good rows: staged, or published if the manifest names the file | loading |
| `manifest.json` | the file of each day that everybody sees, and the files that must never be seen | publishing |
| `quarantine/<file>.csv` | the file as it came, if it is discarded | validation |

A blob that was dropped or moved is left empty (a tombstone): it is in the way of a process that was about to write it,
and has not heard of the failure.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from examples.pipeline.blobs import NOTHING, Blobs
from examples.pipeline.rows import UnusableError, landed_rows, parquet_rows, sort
from quartet import Evidence, TransientError
from quartet.adapters import Effect

_DROPPED = b""
_MANIFEST = "manifest.json"
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Counted:
    """How many good and bad rows a version of a file has."""

    version: str
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done. `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held(Effect):
    """Rows of a file, and where they are: landed, rejected, staged, published or quarantined."""

    place: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What everybody sees: the file of each day; and the files that must never be seen."""

    days: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


_STORED = TypeAdapter(Manifest)


@dataclass(frozen=True, slots=True)
class Lake:
    """What can be done with a file. Each call may be repeated: the file's id is the idempotency key."""

    blobs: Blobs

    async def validate(self, file_id: str) -> Counted | Refused:
        """Count the rows of a file, and set the bad ones apart."""
        landed = await self.blobs.read(f"landing/{file_id}.csv")
        if landed is None or not landed.content:
            return Refused("missing")
        try:
            found = sort(landed.content)
        except UnusableError:
            return Refused("unusable")
        if found.good_rows <= found.bad_rows:
            return Refused("too_many_rejects")
        if await self._first(f"rejects/{file_id}.parquet", found.bad) == _DROPPED:
            return Refused("dropped")
        return Counted(landed.version, found.good_rows, found.bad_rows)

    async def quarantine(self, file_id: str) -> None:
        """Move the whole file into quarantine, and drop what was set apart, now and forever."""
        await self.blobs.write(f"rejects/{file_id}.parquet", _DROPPED)
        landed = await self.blobs.read(f"landing/{file_id}.csv")
        if landed is not None and landed.content:
            await self.blobs.write(f"quarantine/{file_id}.csv", landed.content)
            await self.blobs.write(f"landing/{file_id}.csv", _DROPPED)

    async def load(self, file_id: str, version: str) -> int | Refused:
        """Stage the good rows of the file, as it was validated. Returns how many there are."""
        name, reason, staged = f"data/{file_id}.parquet", "changed", _DROPPED
        landed = await self.blobs.read(f"landing/{file_id}.csv")
        if landed is not None and landed.version == version:
            found = sort(landed.content)
            reason, staged = ("", found.good) if found.is_unique else ("not_unique", _DROPPED)
        # A process may have staged it before the file was moved, and died: what is there decides.
        standing = await self._first(name, staged)
        return parquet_rows(standing) if standing != _DROPPED else Refused(reason or "dropped")

    async def drop(self, file_id: str) -> None:
        """Make sure that nothing of the file is staged, now or ever."""
        await self.blobs.write(f"data/{file_id}.parquet", _DROPPED)

    async def publish(self, file_id: str, day: str) -> Refused | None:
        """Let everybody see the file's rows as those of the day. A day has one file, the first one."""

        def add(manifest: Manifest) -> Manifest | Refused:
            if file_id in manifest.refused:
                return Refused("withdrawn")
            if manifest.days.get(day, file_id) != file_id:
                return Refused("day_taken")
            return Manifest({**manifest.days, day: file_id}, manifest.refused)

        return await self._swap(add)

    async def withdraw(self, file_id: str) -> Refused | None:
        """Make sure that the file is never published, unless it is already."""

        def refuse(manifest: Manifest) -> Manifest | Refused:
            if file_id in manifest.days.values():
                return Refused("published")
            return Manifest(manifest.days, tuple(sorted({*manifest.refused, file_id})))

        return await self._swap(refuse)

    async def effects(self) -> AsyncIterator[Held]:
        """See `quartet.Ledger`."""
        manifest, _ = await self._manifest()
        published = set(manifest.days.values())
        async for name in self.blobs.names():
            folder, _, file_name = name.partition("/")
            blob, file_id = await self.blobs.read(name), file_name.partition(".")[0]
            if blob is not None and blob.content and file_name:
                for place, rows in _places(folder, blob.content, is_published=file_id in published):
                    yield Held(file_id, f"{place} {name}", place, rows)

    async def _first(self, name: str, content: bytes) -> bytes:
        """Write a blob, unless there is one. Returns what stands there."""
        if await self.blobs.write(name, content, over=NOTHING):
            return content
        standing = await self.blobs.read(name)
        return standing.content if standing is not None else _DROPPED

    async def _manifest(self) -> tuple[Manifest, str]:
        found = await self.blobs.read(_MANIFEST)
        return (Manifest(), NOTHING) if found is None else (_STORED.validate_json(found.content), found.version)

    async def _swap(self, change: Callable[[Manifest], Manifest | Refused]) -> Refused | None:
        """Change the manifest, if no other process has swapped it meanwhile."""
        for _ in range(_ATTEMPTS):
            manifest, version = await self._manifest()
            changed = change(manifest)
            if isinstance(changed, Refused):
                return changed
            if changed == manifest or await self.blobs.write(_MANIFEST, _STORED.dump_json(changed), over=version):
                return None
        raise TransientError(f"others have swapped the manifest {_ATTEMPTS} times meanwhile")


def _places(folder: str, content: bytes, *, is_published: bool) -> Iterator[tuple[str, int]]:
    match folder:
        case "landing":
            yield "landed", landed_rows(content)
        case "quarantine":
            yield "landed", landed_rows(content)
            yield "quarantined", landed_rows(content)
        case "rejects":
            yield "rejected", parquet_rows(content)
        case "data":
            yield "published" if is_published else "staged", parquet_rows(content)


def rows_of(evidence: Evidence, participant: str) -> dict[str, dict[str, int]]:
    """How many rows of each file are where, by the lake of a participant."""
    rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for effect in evidence.effects(participant):
        if isinstance(effect, Held):
            rows[effect.saga_id][effect.place] += effect.rows
    return rows
