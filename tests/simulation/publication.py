"""What is sent to the hub by people and programs that are no service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quartet.testing.cluster.plan import publication


@dataclass(frozen=True, slots=True)
class Publication(publication.Publication):
    """Something that a customer, or somebody who knows no better, sends to the hub.

    `what` is `order`, `duplicate`, `conflict`, `cancellation`, `garbage` or `forgery`. The other attributes are for
    the watcher, who must not read a message as the services do: whoever makes a message knows what it is.

    Attributes:
        event: the CloudEvent that it is; None if it is none.
        kept_by: the services that have to keep it as a dead letter, because they have to look at it and cannot read it.
    """

    event: Mapping[str, Any] | None = None
    kept_by: frozenset[str] = frozenset()

    @property
    def order_id(self) -> str:
        """Whom it is about."""
        return self.saga_id

    @property
    def publisher(self) -> str:
        """Who sends it."""
        return "shop"
