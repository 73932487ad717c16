"""What each event changed, exactly: from the recorded answers of ports, where services record them (`RECORDING=on`).

A participant writes once for all events of a batch, and a change feed shows the last version only. So what is seen in
the stores is often the change of several events together; handling them again, each alone, takes them apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from quartet.choreography import Choreography
from quartet.console.projection.facts import Raw
from quartet.console.projection.port import Projection
from quartet.console.records import Reading
from quartet.console.seams import SeenStates
from quartet.console.states.diff import differences
from quartet.console.views import SaidView, StateView, Unknown
from quartet.engine.declaration.hubs import Hubs
from quartet.engine.errors import OutageError
from quartet.engine.ports import Message
from quartet.engine.records.record import Json
from quartet.events import event_key
from quartet.replay.states import states_after
from quartet.replay.stored import Taken

MOST_EVENTS: Final = 100
"""Of a saga with more events, what was seen in the stores is shown: each look reads all messages and handles them."""


class ExactStates:
    """`States` that shows the change of each event alone where that is known, and what the stores showed otherwise."""

    def __init__(self, seen: SeenStates, app: Choreography, hubs: Hubs, projection: Projection) -> None:
        """`seen`: what was seen in the stores."""
        self._seen = seen
        self._app = app
        self._hubs = hubs
        self._projection = projection

    async def of(self, saga_id: str, events: Sequence[SaidView], records: Reading) -> tuple[StateView, ...] | Unknown:
        """See `States.of`."""
        seen = await self._seen.of(saga_id, events)
        if isinstance(seen, Unknown) or len(events) > MOST_EVENTS:
            return seen
        try:
            taken = await self._taken(saga_id)
        except OutageError:
            return seen
        stored = await records
        if isinstance(stored, Unknown):
            return seen  # the parts say why
        known = {name: one.record for name, one in stored.items() if one.record is not None}
        exact = await states_after(self._app, saga_id, taken, known, self._hubs)
        shown = [view for name, states in exact.items() for view in _views(name, states, events)]
        others = [view for view in seen if view.participant not in exact or not view.events]
        return tuple(sorted([*shown, *others], key=lambda view: (max(view.events, default=0), view.at)))

    async def _taken(self, saga_id: str) -> list[Taken]:
        """The messages of the saga that are kept whole."""
        raws = await self._projection.raws(saga_id)
        return [
            Taken(key.partition, _message(raw, key.sequence_number, key.hub))
            for key, raw in raws.items()
            if raw.size == len(raw.body)
        ]


def _message(raw: Raw, sequence_number: int, hub: str) -> Message:
    return Message(
        body=raw.body,
        content_type=raw.content_type,
        properties=raw.properties,
        sequence_number=sequence_number,
        offset="",
        body_form=raw.body_form,
        hub=hub,
    )


def _views(name: str, states: Sequence[tuple[str, Json]], events: Sequence[SaidView]) -> list[StateView]:
    said = {event_key(one.source, one.event_id): one for one in reversed(events) if not one.problem}
    views, before = list[StateView](), dict[str, Any]()
    for key, after in states:
        if (event := said.get(key)) is not None:
            views.append(_view(name, event, before, after))
        before = after
    return views


def _view(name: str, event: SaidView, before: Mapping[str, Any], after: Mapping[str, Any]) -> StateView:
    return StateView(participant=name, at=event.at, events=(event.number,), changes=tuple(differences(before, after)))
