"""The runs in a record: which are kept, so that the record stays small."""

import json
from collections.abc import Collection, Sequence
from typing import Final

from quartet.engine.records.record import Json

# An event may be decided once more only where a compensation is owed; all else is superseded by the next run.
_STAYS: Final = frozenset({"decided", "owed"})


def with_run(runs: Sequence[Json], run: Json, *, most_bytes: int) -> tuple[Json, ...]:
    """The runs, and this one as the newest. One for which there is no room is left out, so the first ones stay.

    An earlier run of its event goes if that changed nothing: it failed, or was ignored.
    """
    kept = [one for one in runs if one["event"] != run["event"] or one["outcome"] in _STAYS]
    if len(json.dumps([*kept, run])) > most_bytes:
        return tuple(kept)
    return (*kept, run)


def without_events(runs: Sequence[Json], events: Collection[str]) -> tuple[Json, ...]:
    """The runs but those of these events."""
    return tuple(one for one in runs if one["event"] not in events)
