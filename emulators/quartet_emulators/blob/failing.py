"""What the injected faults do to requests: refused, late, answered from the past, or cut off."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from quartet_emulators.blob.call import Call
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.records import Blob, Container
from quartet_emulators.blob.routing import Operation, counted_name
from quartet_emulators.blob.store import BlobStore
from quartet_emulators.faults import Injector

CHECKPOINT: Final = "/checkpoint/"
_REMEMBERED: Final = 16  # versions of each checkpoint
_REFUSALS: Final = {
    "unavailable": ErrorCode.SERVER_BUSY,
    "timeout": ErrorCode.OPERATION_TIMED_OUT,
    "lost_ownership": ErrorCode.CONDITION_NOT_MET,
}
History = Mapping[tuple[str, str], deque[Blob]]


class Failing:
    """Runs operations while there are rules."""

    def __init__(self, faults: Injector) -> None:
        self._faults = faults
        self._history: defaultdict[tuple[str, str], deque[Blob]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    async def run(self, operation: Operation, call: Call, agent: str) -> web.Response | None:
        """The response, or nothing if the connection is to be dropped without one.

        Raises:
            BlobError: as the operation itself does, or as the fault wants it.
        """
        self._remember(call)
        where = {"agent": agent, "container": call.target.container, "path": call.target.blob}
        has_condition = "If-Match" in call.headers or "If-None-Match" in call.headers
        impossible = () if has_condition else ("lost_ownership",)
        rule = self._faults.choose(counted_name(operation, call.target), where, impossible)
        if rule is None:
            return operation.run(call)
        if rule.fault == "slow":
            await asyncio.sleep(rule.seconds)
        elif rule.fault == "stale":
            call = replace(call, store=PastStore(call.store, self._history, rule.versions))
        elif rule.fault == "drop_connection":
            return None
        elif rule.fault == "lost_reply":
            operation.run(call)
            return None
        else:
            if rule.applied:
                operation.run(call)
            raise BlobError(_REFUSALS[rule.fault])
        return operation.run(call)

    def _remember(self, call: Call) -> None:
        """Keep the version of a checkpoint that this request may be about to overwrite."""
        target = call.target
        if call.method != "PUT" or CHECKPOINT not in target.blob:
            return
        blob = call.store.blob(target.container, target.blob)
        if blob is not None:
            self._history[target.container, target.blob].append(blob)


class PastStore(BlobStore):
    """The store as it was, as far as checkpoints go. For reading only."""

    def __init__(self, now: BlobStore, history: History, versions: int) -> None:  # it opens no file of its own
        self._now = now
        self._history = history
        self._versions = versions

    def container(self, name: str) -> Container | None:
        """As it is."""
        return self._now.container(name)

    def blob(self, container: str, name: str) -> Blob | None:
        """A checkpoint as it was, anything else as it is."""
        blob = self._now.blob(container, name)
        return self._past(blob) if blob is not None else None

    def blobs(self, container: str, start: str) -> Iterator[Blob]:
        """Checkpoints as they were, all others as they are."""
        for blob in self._now.blobs(container, start):
            yield self._past(blob)

    def content(self, blob: Blob, start: int = 0, length: int | None = None) -> bytes:
        """As it is: a checkpoint has all that it says in its metadata."""
        return self._now.content(blob, start, length)

    def _past(self, blob: Blob) -> Blob:
        versions = self._history.get((blob.container, blob.name))
        if not versions or CHECKPOINT not in blob.name:
            return blob
        return versions[max(0, len(versions) - self._versions)]
