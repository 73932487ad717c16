"""What the injected faults do to links and connections.

A fault happens between two steps of the broker, never inside one: what was stored stays stored, what was not, is
not. The links ask here only if there are rules.
"""

from typing import TYPE_CHECKING

from quartet_emulators.event_hubs.errors import DETACH_FORCED, INTERNAL_ERROR, LINK_STOLEN, SERVER_BUSY, AmqpError
from quartet_emulators.faults import Rule

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.connection import Connection
    from quartet_emulators.event_hubs.incoming import Delivery
    from quartet_emulators.event_hubs.messages import Incoming
    from quartet_emulators.event_hubs.partition import Partition
    from quartet_emulators.event_hubs.publishing import PublishLink
    from quartet_emulators.event_hubs.receiving import ReceiveLink

# Conditions with what the service says about them: each use creates its own exception, with its own traceback.
_BUSY = SERVER_BUSY, "The request was terminated because the entity is being throttled. Error code : 50002."
_DETACHED = DETACH_FORCED, "The link was force detached by the broker due to errors occurred in consumer."
_STOLEN = LINK_STOLEN, "New receiver with higher epoch is created hence current receiver is disconnected."
_REFUSED = INTERNAL_ERROR, "The service was unable to process the request; please retry the operation."


def fail_attach(connection: "Connection", operation: str, hub: str, partition: str, group: str) -> None:
    """Refuse a link that would be accepted.

    Raises:
        AmqpError: that is the fault; also for a connection that is silent.
    """
    where = {"agent": connection.agent, "hub": hub, "partition": partition, "group": group}
    rule = connection.broker.faults.choose(operation, where)
    if rule is None:
        return
    _cut(connection, rule)
    raise AmqpError(*(_BUSY if rule.fault == "server_busy" else _REFUSED))


def fail_send(link: "PublishLink", delivery: "Delivery", events: "list[Incoming]", partition: "Partition") -> bool:
    """Meet a send with a fault; says whether there was one, so that nothing is left to do."""
    connection = link.session.connection
    broker = connection.broker
    where = {"agent": connection.agent, "hub": partition.hub, "partition": str(partition.index)}
    rule = broker.faults.choose("send", where)
    if rule is None:
        return False
    if _cut(connection, rule):
        return True
    if rule.fault == "detach":
        link.detach(AmqpError(*_DETACHED))
        return True
    if rule.fault == "server_busy":
        link.settle(delivery, AmqpError(*_BUSY))
        return True

    def stored(error: AmqpError | None) -> None:
        if rule.fault == "lost_acknowledgement":
            connection.abort()
        elif rule.fault == "slow":
            connection.later(rule.seconds, lambda: link.acknowledge(delivery, len(events), error))
        else:
            link.acknowledge(delivery, len(events), error)

    if rule.fault == "duplicate":
        broker.log.append(partition, events, _ignore)
    broker.log.append(partition, events, stored)
    return True


def fail_receive(link: "ReceiveLink", partition: "Partition", group: str, count: int) -> bool:
    """Meet a delivery of `count` events with a fault; says whether nothing may be delivered now."""
    connection = link.session.connection
    where = {"agent": connection.agent, "hub": partition.hub, "partition": str(partition.index), "group": group}
    rule = connection.broker.faults.choose("receive", where)
    if rule is None:
        return False
    if _cut(connection, rule):
        return True
    if rule.fault in ("detach", "steal"):
        link.detach(AmqpError(*(_DETACHED if rule.fault == "detach" else _STOLEN)))
        return True
    if rule.fault == "slow":
        link.hold(rule.seconds)
        return True
    link.rewind(count if rule.fault == "redeliver" else rule.events)
    return False


def _cut(connection: "Connection", rule: Rule) -> bool:
    """Drop or silence the connection, if that is the fault."""
    if rule.fault == "drop_connection":
        connection.abort()
    elif rule.fault == "half_open":
        connection.silence(rule.seconds)
    else:
        return False
    return True


def _ignore(_error: AmqpError | None) -> None:
    """Ignore the outcome of the second copy of a duplicate."""
