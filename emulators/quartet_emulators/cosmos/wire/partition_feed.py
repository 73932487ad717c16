"""``.../pkranges``: the physical partitions of a container, and what splits have changed of them."""

from http import HTTPStatus

from quartet_emulators.cosmos import charges
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import Json, encode
from quartet_emulators.cosmos.partitions.physical import PhysicalPartition
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.wire.metadata import wrong_method


def ranges_answer(container: Container, call: Call) -> Answer:
    """All ranges, or with ``A-IM`` those since the client's ETag; 304 to a client that has read them.

    Raises:
        CosmosError: 405 for anything but a GET.
    """
    if call.method != "GET":
        raise wrong_method(call)
    partitions = container.partitions
    headers = {"etag": partitions.etag, "x-ms-request-charge": str(charges.METADATA)}
    known = call.headers.get("if-none-match")
    if known == partitions.etag:
        return Answer(HTTPStatus.NOT_MODIFIED, b"", headers)
    listed = partitions.after(known) if "a-im" in call.headers else partitions.all
    entries = [_entry(container, partition) for partition in listed]
    headers["x-ms-item-count"] = str(len(entries))
    body = {"_rid": container.rid_text, "PartitionKeyRanges": entries, "_count": len(entries)}
    return Answer(HTTPStatus.OK, encode(body), headers)


def _entry(container: Container, partition: PhysicalPartition) -> dict[str, Json]:
    return {
        "_rid": container.rid_text,
        "id": partition.id,
        "_etag": f'"{partition.since}"',
        "minInclusive": partition.start,
        "maxExclusive": partition.end,
        "ridPrefix": int(partition.id),
        "_self": f"{container.link}pkranges/{partition.id}/",
        "throughputFraction": 1 / len(container.partitions.all),
        "status": "online",
        "parents": list(partition.parents),
        "_ts": container.properties["_ts"],
    }
