"""Recorded sagas of a running deployment: from its hubs, its records, its dead letters and its checkpoints."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from quartet.azure.settings import Settings
from quartet.cli.application import runnable
from quartet.cli.dead_letters.dead_letters import find_letters
from quartet.cli.lag.reading import View, open_lag_reader
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.hub_reader import Found, read_hubs
from quartet.cli.reading.hubs import hubs_of
from quartet.cli.reading.stored import Stored as Documents
from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.ports import Message
from quartet.engine.records.record import Record
from quartet.events import Envelope, Unreadable, read_envelope
from quartet.replay.gathering import gather
from quartet.replay.recording import Recording, RecordingError, UnfinishedError
from quartet.replay.stored import Stored, Taken
from quartet.terminal.console import remarks
from quartet.terminal.user_error import UserError

_SIDE_BY_SIDE: Final = 8
"""How many sagas are read at the same time."""


async def read_recordings_of(sagas: Sequence[str], settings: Settings, *, last: int = 0) -> list[Recording]:
    """The recordings of these sagas, and of the `last` ones that have ended, as the deployment has them now.

    A saga that was not named is left out while a service has not finished with it, with a remark on standard error.

    Raises:
        UserError: a saga is not known, a service has not finished with it, a stored document cannot be read, or nothing
            is there to record.
        ConfigurationError: the settings cannot be used, or a server refuses them.
        OutageError: a server does not answer.
    """
    chosen = list(dict.fromkeys([*sagas, *(await _last_ended(last, settings) if last else ())]))
    messages: dict[str, list[Found]] = {}
    for one in await read_hubs(settings, partial(_is_about, frozenset(chosen))):
        messages.setdefault(_envelope(one.message).subject, []).append(one)  # type: ignore[union-attr]  # it was read
    async with open_lag_reader(settings) as lag:
        views = await lag.look(runnable().names)
    # The records are read last: an event that was finished before is in them.
    deployment = _Deployment(settings, messages, views)
    await deployment.read(chosen)
    found = deployment.recordings(chosen, frozenset(sagas))
    if not found:
        raise UserError("the hub holds no end of a saga with which all services have finished: try again in a moment")
    return found


async def _last_ended(number: int, settings: Settings) -> list[str]:
    """The ids of the sagas that have ended last, the latest first, as far as the hub holds their ends."""
    ends = frozenset(end.type for end in runnable().ends)
    found = await read_hubs(settings, partial(_is_end, ends))
    subjects = (_envelope(one.message).subject for one in reversed(found))  # type: ignore[union-attr]  # it was read
    return list(dict.fromkeys(subjects))[:number]


def _is_end(ends: Collection[str], message: Message) -> bool:
    # Looking for the text first spares the parsing of nearly all that is not wanted.
    may_be = bool(message.properties) or any(end.encode() in message.body for end in ends)
    envelope = _envelope(message) if may_be else None
    return isinstance(envelope, Envelope) and envelope.type in ends


def _is_about(sagas: Collection[str], message: Message) -> bool:
    envelope = _envelope(message)
    return isinstance(envelope, Envelope) and envelope.subject in sagas


def _envelope(message: Message) -> Envelope | Unreadable:
    return read_envelope(message.body, message.content_type, message.properties, message.body_form)


@dataclass(slots=True)
class _Deployment:
    """All that was read of it: the messages of each saga, and what each service has stored."""

    settings: Settings
    messages: Mapping[str, Sequence[Found]]
    views: Sequence[View]
    records: dict[tuple[str, str], Record[Any]] = field(default_factory=dict)
    letters: dict[tuple[str, str], list[StoredLetter]] = field(default_factory=dict)

    async def read(self, sagas: Sequence[str]) -> None:
        """Read the record and the dead letters of each saga.

        Raises:
            UserError: one cannot be read.
        """
        gate = asyncio.Semaphore(_SIDE_BY_SIDE)
        async with open_cosmos(self.settings) as cosmos:
            documents = Documents(cosmos)
            await asyncio.gather(*(self._read(documents, saga, gate) for saga in sagas))
        if documents.unparsed:
            raise UserError(f"this release cannot read {documents.unparsed[0]}")

    async def _read(self, documents: Documents, saga: str, gate: asyncio.Semaphore) -> None:
        app = runnable()
        async with gate:
            for participant in app:
                if (record := await documents.record(participant, saga)) is not None:
                    self.records[participant.name, saga] = record
            for one in await find_letters(documents, app.names, saga_id=saga, settled=True):
                self.letters.setdefault((one.service, saga), []).append(one.stored)

    def recordings(self, sagas: Sequence[str], named: Collection[str]) -> list[Recording]:
        """The recordings of these sagas.

        Raises:
            UserError: one cannot be recorded; of one that was not `named`, for another reason than being unfinished.
        """
        found, unfinished = list[Recording](), list[str]()
        for saga in sagas:
            try:
                found.append(self._recording(saga))
            except UnfinishedError as error:
                if saga in named:
                    raise UserError(f"{saga}: {error}") from error
                unfinished.append(saga)
            except RecordingError as error:
                raise UserError(str(error)) from error
        if unfinished:
            remarks().print(f"left out, because a service has not finished with it: {', '.join(unfinished)}")
        return found

    def _recording(self, saga: str) -> Recording:
        app = runnable()
        stored = {
            name: Stored(
                self.records.get((name, saga)),
                self.letters.get((name, saga), ()),
                partial(self._has_finished, name),
            )
            for name in app.names
        }
        taken = [Taken(one.partition, one.message, one.enqueued) for one in self.messages.get(saga, ())]
        return gather(app, saga, taken, stored, hubs_of(self.settings))

    def _has_finished(self, service: str, one: Taken) -> bool:
        for view in self.views:
            progress = view.progress.get(service, {}).get(one.partition)
            if view.hub == one.message.hub and progress is not None and progress.checkpoint is not None:
                return progress.checkpoint >= one.message.sequence_number
        return False
