"""Where a consumer begins: the selector that it sends as a filter of its source."""

import re

from quartet_emulators.event_hubs.errors import ARGUMENT_ERROR, NOT_ALLOWED, NOT_IMPLEMENTED, AmqpError
from quartet_emulators.event_hubs.log import EventLog
from quartet_emulators.event_hubs.partition import Partition
from quartet_emulators.event_hubs.types import Described

SELECTOR_FILTER = "apache.org:selector-filter:string"
SELECTOR_FILTER_CODE = 0x0000_468C_0000_0004
START_OF_STREAM = "-1"
END_OF_STREAM = "@latest"

_SELECTOR = re.compile(r"\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'?([^']*?)'?\s*")
_INTEGER = re.compile(r"-?\d{1,18}")


def selector_of(filters: object) -> str | None:
    """The selector among a source's filters, if there is one.

    Raises:
        AmqpError: there is a filter of another kind.
    """
    if not isinstance(filters, dict):
        return None
    selector: str | None = None
    for name, filter_ in filters.items():
        if filter_ is None:
            continue
        # What a filter is, its descriptor says; its name is the client's choice (Qpid Proton: "selector").
        kind, value = (filter_.descriptor, filter_.value) if isinstance(filter_, Described) else (name, filter_)
        if kind not in (SELECTOR_FILTER, SELECTOR_FILTER_CODE) or not isinstance(value, str | bytes):
            raise AmqpError(NOT_IMPLEMENTED, f"the filter '{name}' is not implemented")
        selector = value.decode(errors="replace") if isinstance(value, bytes) else value
    return selector


def first_sequence(log: EventLog, partition: Partition, selector: str | None) -> int:
    """The sequence number at which a consumer with this selector begins; without one, at the beginning.

    Raises:
        AmqpError: the selector cannot be read, or names an event that the partition does not have yet, as
            after the hub was recreated while the consumer's checkpoint was kept.
    """
    if selector is None:
        return 0
    match = _SELECTOR.fullmatch(selector)
    if match is None:
        raise _invalid(selector)
    annotation, operator, text = match.groups()
    if text == END_OF_STREAM:
        return partition.next_sequence
    if text == START_OF_STREAM:
        return 0
    if not _INTEGER.fullmatch(text):
        raise _invalid(selector)
    value, inclusive = int(text), operator == ">="
    if annotation == "enqueued-time":
        return log.find(partition, lambda at: at.enqueued_at >= value + (not inclusive))
    last = partition.last
    if annotation == "sequence-number":
        _check_exists("sequence number", value, last.sequence_number if last else -1)
        return max(0, value + (not inclusive))
    _check_exists("offset", value, last.offset if last else -1)
    return log.find(partition, lambda at: at.offset >= value + (not inclusive))


def _check_exists(what: str, value: int, last: int) -> None:
    if value > last:
        raise AmqpError(
            ARGUMENT_ERROR,
            f"The supplied {what} '{value}' is invalid. The last {what} in the system is '{last}'",
        )


def _invalid(selector: str) -> AmqpError:
    return AmqpError(NOT_ALLOWED, f"The filter '{selector}' is not a valid amqp filter for EventHub entities")
