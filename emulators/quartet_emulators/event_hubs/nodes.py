"""Request and response over a pair of links, as ``$cbs`` and ``$management`` need it."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs import cbs, management
from quartet_emulators.event_hubs.errors import NOT_ALLOWED, AmqpError
from quartet_emulators.event_hubs.incoming import Delivery, IncomingLink
from quartet_emulators.event_hubs.outgoing import OutgoingLink
from quartet_emulators.event_hubs.performatives import Attach
from quartet_emulators.event_hubs.requests import Request, read_request, write_response
from quartet_emulators.event_hubs.types import Described

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.connection import Connection
    from quartet_emulators.event_hubs.session import Session

Answer = tuple[dict[str, object], object]
NODES: dict[str, Callable[["Connection", Request], Answer]] = {
    "$cbs": cbs.answer,
    "$management": management.answer,
}
"""What answers the requests to each node: the application properties and the body of the response."""

_LOGGER = logging.getLogger(__name__)


class RequestLink(IncomingLink):
    """The client sends requests to a node."""

    def __init__(self, session: "Session", attach: Attach, node: str) -> None:
        super().__init__(session, attach)
        self._node = node

    def on_message(self, delivery: Delivery, message: bytes) -> None:
        """Answer a request on the link where the client listens."""
        try:
            request = read_request(message)
            replies = self._reply_link(request.reply_to)
        except AmqpError as error:
            _LOGGER.warning("a request to %s is rejected: %s", self._node, error)
            self.settle(delivery, error)
            return
        self.settle(delivery)
        properties, body = NODES[self._node](self.session.connection, request)
        replies.reply(write_response(request.message_id, properties, body))

    def _reply_link(self, reply_to: str | None) -> "ReplyLink":
        links = [
            link
            for link in self.session.links.values()
            if isinstance(link, ReplyLink) and link.attached and link.node == self._node
        ]
        for link in links:
            if reply_to is not None and link.target == reply_to:
                return link
        if not links:
            raise AmqpError(NOT_ALLOWED, f"a request to {self._node}, but no link of the session receives the answer")
        return links[-1]


class ReplyLink(OutgoingLink):
    """The client receives the responses of a node."""

    def __init__(self, session: "Session", attach: Attach, node: str) -> None:
        super().__init__(session, attach)
        self.node = node
        self.target = _address(attach.target)
        self._replies: deque[bytes] = deque()

    def reply(self, message: bytes) -> None:
        """Send a response as soon as the client has given credit."""
        self._replies.append(message)
        self.pump()

    def take(self, limit: int) -> Sequence[bytes]:
        """The responses that wait."""
        return [self._replies.popleft() for _ in range(min(limit, len(self._replies)))]


def _address(terminus: Described | None) -> str | None:
    fields = terminus.value if terminus else None
    address = fields[0] if isinstance(fields, list) and fields else None
    return address if isinstance(address, str) else None
