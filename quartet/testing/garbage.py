"""Messages that are no events of an application."""

from dataclasses import dataclass

from quartet.choreography import Choreography
from quartet.events import OUTSIDE, encode


@dataclass(frozen=True, slots=True)
class Garbage:
    """One message that cannot be read.

    Attributes:
        body: its bytes.
        event_type: the type that it has, if the application has such events, and a client outside may say them. None
            if every participant that receives it keeps it.
    """

    body: bytes
    event_type: str | None = None


def garbage_for(app: Choreography, saga_id: str) -> list[Garbage]:
    """Some of each kind. The last ones name the saga."""
    envelope = {"specversion": "1.0", "id": "g", "source": "/garbage", "subject": saga_id}
    envelope |= {"time": "2026-01-01T12:00:00Z"}
    unknown = {**envelope, "type": "SomethingElse.v1", "data": {}}
    wrong = [
        # What only participants may say is kept by all who receive it.
        Garbage(encode({**envelope, "id": f"g-{name}", "type": name, "data": {}}), name if OUTSIDE in said_by else None)
        for name, said_by in ((one.type, one.said_by or (OUTSIDE,)) for one in app.events.models)
    ]
    bodies = (b"", b"no JSON", b"[]", b"\xff\xfe", b'{"a": 1}', encode(unknown))
    return [*map(Garbage, bodies), *wrong]
