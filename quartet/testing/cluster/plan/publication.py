"""What is sent to the hub by people and programs that are no service."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

CLOUDEVENTS: Final = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class Publication:
    """One message of a publisher.

    Attributes:
        at: seconds after the beginning of the run.
        what: what it is, for people.
        saga_id: the saga that it is about.
        key: the partition key.
        body: the bytes.
        content_type, properties: of the AMQP message.
    """

    at: float
    what: str
    saga_id: str
    key: str
    body: bytes
    content_type: str | None = CLOUDEVENTS
    properties: Mapping[str, object] = field(default_factory=dict)

    @property
    def publisher(self) -> str:
        """Who sends it."""
        return "publisher"


@dataclass(frozen=True, slots=True)
class Unreadable(Publication):
    """A message that is no event of the application. Those who must read it keep it as a dead letter.

    Attributes:
        event_type: the type that it has, if the application has such events: those who hear it must read it. None if
            no participant can tell: then every one must.
    """

    event_type: str | None = None

    def is_kept_by(self, hears: Collection[str]) -> bool:
        """Whether a participant that hears these types must keep it."""
        return self.event_type is None or self.event_type in hears
