"""Whether all that was said in a saga is finished by all who hear it: what is still to be done is no violation."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from quartet.choreography import Choreography
from quartet.cli.lag.reading import Reader
from quartet.console.auditing.log import Known, Place

Finished: TypeAlias = Mapping[Reader, int]
"""The sequence number up to which each reader has finished all events, its checkpoint; none if it has no entry."""


class Settled:
    """Says which sagas are at rest."""

    def __init__(self, app: Choreography) -> None:
        self._hearers = {type_: tuple(one.name for one in app if type_ in one.hears) for type_ in app.events}

    def unfinished(self, known: Known, finished: Finished) -> Sequence[tuple[str, Place]]:
        """Who has not finished which events of a saga, as far as the checkpoints say. They are written now and then."""
        return [
            (name, place)
            for type_, place in known.places
            for name in self._hearers.get(type_, ())
            if finished.get(Reader(name, place.hub, place.partition), -1) < place.number
        ]
