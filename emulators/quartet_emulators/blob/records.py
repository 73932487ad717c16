"""Containers and blobs, and how they are rows of the store.

The last column, `more`, has what few of them have, as JSON: a file of an earlier release gets it when it is opened.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from quartet_emulators.blob.lease import NO_LEASE, Lease


@dataclass(frozen=True, slots=True)
class Container:
    """A container.

    Attributes:
        modified: seconds since the epoch.
        policies: the stored access policies by their ids; see `policies.Policy`.
    """

    name: str
    etag: str
    modified: float
    metadata: dict[str, str]
    lease: Lease = NO_LEASE
    policies: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blob:
    """A committed block blob without its content.

    Attributes:
        created, modified: seconds since the epoch.
        size: bytes.
        properties: the stored HTTP headers (`Content-Type`, `Content-MD5`, ...).
        tags: by key, in the order of the keys.
        copy: the headers (`x-ms-copy-id`, ...) of the copy that made it; empty if none did.
        blocks: (id, bytes) of the committed blocks in their order; empty after a Put Blob.
    """

    container: str
    name: str
    etag: str
    created: float
    modified: float
    size: int
    properties: dict[str, str]
    metadata: dict[str, str]
    blocks: list[tuple[str, int]] = field(default_factory=list)
    lease: Lease = NO_LEASE
    tags: dict[str, str] = field(default_factory=dict)
    copy: dict[str, str] = field(default_factory=dict)


def new_etag() -> str:
    """An ETag, without its quotes, that nothing else has: random, so a re-created blob repeats none."""
    return "0x8D" + secrets.token_hex(7).upper()


def container_row(container: Container) -> tuple[str | float, ...]:
    """The row of a container."""
    more = _more(lease=asdict(container.lease) if container.lease.id else None, policies=container.policies)
    return (container.name, container.etag, container.modified, json.dumps(container.metadata), more)


def read_container(row: tuple[Any, ...]) -> Container:
    """The container of a row."""
    name, etag, modified, metadata, more = row
    rest = json.loads(more)
    return Container(name, etag, modified, json.loads(metadata), _lease(rest), rest.get("policies", {}))


def blob_row(blob: Blob) -> tuple[str | float, ...]:
    """The row of a blob."""
    more = _more(lease=asdict(blob.lease) if blob.lease.id else None, tags=blob.tags, copy=blob.copy)
    return (
        *(blob.container, blob.name, blob.etag, blob.created, blob.modified, blob.size),
        *(json.dumps(value) for value in (blob.properties, blob.metadata, blob.blocks)),
        more,
    )


def read_blob(row: tuple[Any, ...]) -> Blob:
    """The blob of a row."""
    container, name, etag, created, modified, size, properties, metadata, blocks, more = row
    rest = json.loads(more)
    return Blob(
        container,
        name,
        etag,
        created,
        modified,
        size,
        json.loads(properties),
        json.loads(metadata),
        [(block_id, size) for block_id, size in json.loads(blocks)],
        lease=_lease(rest),
        tags=rest.get("tags", {}),
        copy=rest.get("copy", {}),
    )


def _more(**values: object) -> str:
    return json.dumps({name: value for name, value in values.items() if value})


def _lease(more: dict[str, Any]) -> Lease:
    return Lease(**more["lease"]) if "lease" in more else NO_LEASE
