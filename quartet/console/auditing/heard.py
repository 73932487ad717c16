"""An event of a saga, as far as the rules of the hub look at it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from quartet.engine.declaration.hubs import Hubs
from quartet.engine.ports import Message
from quartet.events import Envelope, EventData, Models, Unreadable, event_key, read_envelope


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that the hub took in.

    Attributes:
        refusal: why it has no effect, although it can be read: it comes from a source that may not say it.
        discriminator: tells it apart from another answer of its type to the same cause; None if its data cannot be
            read, so that this is not known.
        digest: of its data.
    """

    type: str
    source: str
    id: str
    causation_id: str | None
    refusal: str
    discriminator: str | None
    digest: str

    @property
    def key(self) -> str:
        """See `Event.key`."""
        return event_key(self.source, self.id)


@dataclass(frozen=True, slots=True)
class History:
    """The events of one saga, each repeat included.

    Attributes:
        is_whole: whether none is missing. The hub forgets what is old, and of one saga a thousand events are kept.
    """

    events: tuple[Heard, ...]
    is_whole: bool = True


def heard(message: Message, hubs: Hubs, models: Models) -> tuple[str, Heard] | None:
    """The saga of a message, and the event in it; None for what is no event of the application."""
    envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
    if isinstance(envelope, Unreadable) or envelope.type not in hubs.events:
        return None
    refusal = hubs.refusal(message.hub, envelope.type, envelope.source)
    return envelope.subject, Heard(
        type=envelope.type,
        source=envelope.source,
        id=envelope.id,
        causation_id=envelope.causation_id,
        refusal=refusal.detail if refusal else "",
        discriminator=_discriminator(envelope, models),
        digest=_digest(envelope.data),
    )


def _discriminator(envelope: Envelope, models: Models) -> str | None:
    event = envelope.read(models)
    if isinstance(event, Unreadable):
        return None
    data: EventData = event.data
    return data.discriminator


def _digest(data: Mapping[str, object] | object) -> str:
    text = json.dumps(data, sort_keys=True, default=str)
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
