"""Records of Capture's Avro files as messages of the hub.

The fields are those of
https://learn.microsoft.com/azure/event-hubs/explore-captured-avro-files: SequenceNumber, Offset, EnqueuedTimeUtc,
SystemProperties, Properties and Body.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from quartet.azure.event_hubs.amqp_values import scalar
from quartet.engine.errors import ConfigurationError
from quartet.engine.ports import Message

_FIELDS: Final = ("SequenceNumber", "Offset", "EnqueuedTimeUtc", "SystemProperties", "Properties", "Body")
_ENQUEUED: Final = "x-opt-enqueued-time"
_SERVICE_FORMAT: Final = "%m/%d/%Y %I:%M:%S %p"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Captured(NamedTuple):
    """A message, and when the hub took it in."""

    at: datetime
    message: Message


def read_records(file: Path, hub: str) -> Iterator[Captured]:
    """The messages in a file, in its order. `hub` is the label of its hub.

    A file does not say which kind of AMQP body a message had: all are taken for data.

    Raises:
        ConfigurationError: it cannot be opened, or is no file of Capture.
    """
    import fastavro  # of the extra `console`; only this needs it

    try:
        with file.open("rb") as opened:
            for record in fastavro.reader(opened):
                yield _captured(record, hub)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from error
    except Exception as error:  # of many types, by which byte is wrong
        raise ConfigurationError(f"{file}: is no whole Avro file; download it again") from error


def _captured(record: object, hub: str) -> Captured:
    if not isinstance(record, dict) or not record.keys() >= set(_FIELDS):
        raise ConfigurationError(f"is no file of Event Hubs Capture: a record of it lacks one of {', '.join(_FIELDS)}")
    system: Mapping[str, Any] = record["SystemProperties"]
    content_type = scalar(system.get("content-type"))
    at = _enqueued_at(record["EnqueuedTimeUtc"], system.get(_ENQUEUED))
    message = Message(
        body=record["Body"] or b"",
        content_type=None if content_type is None else str(content_type),
        properties={name: scalar(value) for name, value in record["Properties"].items()},
        sequence_number=record["SequenceNumber"],
        offset=record["Offset"],
        hub=hub,
        enqueued_at=at,
    )
    return Captured(at, message)


def _enqueued_at(text: str, exact: object) -> datetime:
    """The text has whole seconds; where the system properties have milliseconds, those are taken."""
    if isinstance(exact, int):
        return _EPOCH + timedelta(milliseconds=exact)
    try:
        found = datetime.strptime(text, _SERVICE_FORMAT)  # noqa: DTZ007 -- the time zone is set below
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise ConfigurationError(f"EnqueuedTimeUtc {text!r} is no time") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
