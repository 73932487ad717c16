"""Files as Event Hubs Capture writes them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import fastavro

from quartet.cli.reading.hub_reader import Found

SCHEMA: Final = fastavro.parse_schema(
    {
        "type": "record",
        "name": "EventData",
        "namespace": "Microsoft.ServiceBus.Messaging",
        "fields": [
            {"name": "SequenceNumber", "type": "long"},
            {"name": "Offset", "type": "string"},
            {"name": "EnqueuedTimeUtc", "type": "string"},
            {"name": "SystemProperties", "type": {"type": "map", "values": ["long", "double", "string", "bytes"]}},
            {"name": "Properties", "type": {"type": "map", "values": ["long", "double", "string", "bytes"]}},
            {"name": "Body", "type": ["null", "bytes"]},
        ],
    }
)


def record(found: Found, **changes: object) -> dict[str, Any]:
    """A message as a record."""
    message = found.message
    return {
        "SequenceNumber": message.sequence_number,
        "Offset": message.offset,
        "EnqueuedTimeUtc": found.enqueued.strftime("%m/%d/%Y %I:%M:%S %p"),
        "SystemProperties": {"x-opt-enqueued-time": round(found.enqueued.timestamp() * 1000)},
        "Properties": dict(message.properties),
        "Body": message.body,
        **changes,
    }


def write(file: Path, records: Iterable[Mapping[str, Any]], schema: Any = SCHEMA) -> Path:  # noqa: ANN401 -- fastavro's
    """One file; its directories are made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        fastavro.writer(opened, schema, records, codec="deflate")
    return file


def window(root: Path, hub: str, partition: str, number: int) -> Path:
    """The name of the file of a five-minute window, in the service's default format."""
    return root / "ns-1" / hub / partition / "2026" / "07" / "01" / "12" / f"{number * 5:02}" / "00.avro"
