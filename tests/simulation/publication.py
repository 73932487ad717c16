"""What is sent to the hub by people and programs that are no service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CLOUDEVENTS = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class Publication:
    """Something that a customer, or somebody who knows no better, sends to the hub.

    The last two are for the watcher, who must not read a message as the services do: whoever makes a message knows what
    it is.

    Attributes:
        at: seconds.
        what: `order`, `duplicate`, `conflict`, `cancellation` or `garbage`.
        order_id: whom it is about.
        key: the partition key.
        body: the bytes.
        content_type, properties: of the AMQP message.
        event: the CloudEvent that it is; None if it is none.
        kept_by: the services that have to keep it as a dead letter, because they have to look at it and cannot read it.
    """

    at: float
    what: str
    order_id: str
    key: str
    body: bytes
    content_type: str | None = CLOUDEVENTS
    properties: Mapping[str, object] = field(default_factory=dict)
    event: Mapping[str, Any] | None = None
    kept_by: frozenset[str] = frozenset()
