"""From an attach to the link that serves it: what the address means, and whether the client may use it."""

import logging
import re
from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.authorisation import path_of
from quartet_emulators.event_hubs.errors import NOT_FOUND, NOT_IMPLEMENTED, AmqpError
from quartet_emulators.event_hubs.failing import fail_attach
from quartet_emulators.event_hubs.incoming import IncomingLink
from quartet_emulators.event_hubs.link import Link
from quartet_emulators.event_hubs.nodes import NODES, ReplyLink, RequestLink
from quartet_emulators.event_hubs.outgoing import OutgoingLink
from quartet_emulators.event_hubs.performatives import Attach
from quartet_emulators.event_hubs.positions import first_sequence, selector_of
from quartet_emulators.event_hubs.publishing import PublishLink
from quartet_emulators.event_hubs.receiving import ReceiveLink
from quartet_emulators.event_hubs.types import Described

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.session import Session

_PUBLISH = re.compile(r"(?P<hub>[^/]+)(/partitions/(?P<partition>[^/]+))?")
_RECEIVE = re.compile(r"(?P<hub>[^/]+)/consumergroups/(?P<group>[^/]+)/partitions/(?P<partition>[^/]+)")
_SOURCE, _TARGET, _COORDINATOR = 0x28, 0x29, 0x30
_FILTER_FIELD = 7

_LOGGER = logging.getLogger(__name__)


def open_link(session: "Session", attach: Attach) -> Link:
    """Attach a link and answer the client; one that is refused stays detached."""
    try:
        link = _incoming(session, attach) if not attach.role else _outgoing(session, attach)
        link.accept(attach)
    except AmqpError as error:
        _LOGGER.warning("a link of %s is refused: %s", session.connection.agent, error)
        refused = Link(session, attach)
        refused.refuse(attach, error)
        return refused
    return link


def _incoming(session: "Session", attach: Attach) -> IncomingLink:
    address = _address(attach.target, _TARGET)
    node = _node(address)
    if node:
        return RequestLink(session, attach, node)
    match = _PUBLISH.fullmatch(path_of(address))
    if match is None:
        raise AmqpError(NOT_FOUND, f"The messaging entity '{address}' could not be found.")
    session.connection.claims.require(address)
    hub = session.connection.broker.hubs[match["hub"]]
    partition = hub.partition(match["partition"]) if match["partition"] is not None else None
    if session.connection.broker.faults.rules:
        fail_attach(session.connection, "attach_sender", hub.name, str(partition.index) if partition else "", "")
    link = PublishLink(session, attach, hub, partition)
    link.address = address
    return link


def _outgoing(session: "Session", attach: Attach) -> OutgoingLink:
    address = _address(attach.source, _SOURCE)
    node = _node(address)
    if node:
        return ReplyLink(session, attach, node)
    match = _RECEIVE.fullmatch(path_of(address))
    if match is None:
        raise AmqpError(NOT_FOUND, f"The messaging entity '{address}' could not be found.")
    broker = session.connection.broker
    session.connection.claims.require(address)
    hub = broker.hubs[match["hub"]]
    partition = hub.partition(match["partition"])
    readers = hub.readers(match["group"], partition)
    sequence = first_sequence(broker.log, partition, selector_of(_filters(attach.source)))
    if broker.faults.rules:
        fail_attach(session.connection, "attach_receiver", hub.name, str(partition.index), match["group"])
    link = ReceiveLink(session, attach, partition, readers, sequence)
    link.address = address
    return link


def _node(address: str) -> str | None:
    name = path_of(address).split("/")[-1]
    return name if name in NODES else None


def _address(terminus: Described | None, descriptor: int) -> str:
    if terminus is None or not isinstance(terminus.value, list):
        raise AmqpError(NOT_IMPLEMENTED, "an attach without an address is not implemented")
    if terminus.descriptor != descriptor:
        what = "transactions are" if terminus.descriptor == _COORDINATOR else "this kind of terminus is"
        raise AmqpError(NOT_IMPLEMENTED, f"{what} not implemented")
    address = terminus.value[0] if terminus.value else None
    if not isinstance(address, str) or not address:
        raise AmqpError(NOT_IMPLEMENTED, "an attach without an address (a dynamic node) is not implemented")
    return address


def _filters(source: Described | None) -> object:
    fields = source.value if source else None
    return fields[_FILTER_FIELD] if isinstance(fields, list) and len(fields) > _FILTER_FIELD else None
