"""Waiting until sagas have ended, by looking at the participants that say so."""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from quartet.choreography import Choreography
from quartet.cli.reading.stored import Stored
from quartet.cli.status.sagas import answers_in

_IDS_PER_QUERY: Final = 200


async def ends_of(stored: Stored, app: Choreography, saga_ids: Collection[str]) -> dict[str, str]:
    """The type of the event that has ended each of these sagas; one that has not ended is missing.

    Raises:
        MissingError: a database or container does not exist.
        OutageError: Cosmos DB did not answer.
    """
    found: dict[str, str] = {}
    ids, ends = sorted(saga_ids), {one.type for one in app.ends}
    for participant in app:
        if app.ends.isdisjoint(participant.says):
            continue
        for start in range(0, len(ids), _IDS_PER_QUERY):
            some = {"ids": ids[start : start + _IDS_PER_QUERY]}
            async for record in stored.records(participant, where="ARRAY_CONTAINS(@ids, c.id)", parameters=some):
                for type_ in ends.intersection(answers_in(record)):
                    found[record.saga_id] = type_
    return found


async def wait_for_ends(
    stored: Stored,
    app: Choreography,
    saga_ids: Collection[str],
    *,
    seconds: float,
    every: float = 0.4,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, str]:
    """How each saga has ended, as soon as all have, or when no other has ended within the limit.

    Args:
        stored: where to look.
        app: the application.
        saga_ids: the sagas.
        seconds: the limit: ends the wait when no saga has ended for this time.
        every: seconds between two looks.
        progress: called with the number of sagas that have ended since the last call.

    Raises:
        MissingError: a database or container does not exist.
        OutageError: Cosmos DB did not answer.
    """
    now = asyncio.get_running_loop().time
    moved = now()
    known: dict[str, str] = {}
    while waiting := set(saga_ids) - known.keys():
        found = await ends_of(stored, app, waiting)
        known |= found
        progress(len(found))
        if found:
            moved = now()
        elif now() > moved + seconds:
            break
        if len(found) < len(waiting):
            await asyncio.sleep(every)
    return known
