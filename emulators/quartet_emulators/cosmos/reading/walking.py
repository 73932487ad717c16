"""Queries and feeds over all physical partitions: they are read one after the other, as in the service.

A page has rows of one range only. The place is in the continuation token: the range, and the place in it. A range stays
one when it is split in between, so no row is lost or repeated.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import decode, encode_text
from quartet_emulators.cosmos.partitions.physical import START
from quartet_emulators.cosmos.reading.continuation import check_mark, mark_of
from quartet_emulators.cosmos.resources.container import Container

_CONTINUATION = "x-ms-continuation"


class _Stage(NamedTuple):
    """A range, and the continuation token of the page in it; none for its first page."""

    start: str
    end: str
    inner: str | None = None


def names_range(call: Call) -> bool:
    """Whether a client has chosen a range to ask."""
    return any(name in call.headers for name in ("x-ms-start-epk", "x-ms-documentdb-partitionkeyrangeid"))


def range_by_range(
    container: Container, call: Call, names: set[str] | None, answer: Callable[[Call], Answer]
) -> Answer | None:
    """A page of the next range.

    Args:
        container: with several ranges.
        call: the request, which names no range.
        names: the ids of the ranges that may have rows; ``None`` means all.
        answer: answers the request about one range.

    Returns:
        The answer; ``None`` if the request continues an answer from before the container had several ranges.

    Raises:
        CosmosError: 400, if the continuation token belongs to another query or container; or what `answer` raises.
    """
    mark = mark_of(container, call.body, None)
    continuation = call.headers.get(_CONTINUATION)
    stage = _read(continuation, mark) if continuation else _next(container, names, START)
    if stage is None:
        return None
    headers = {name.lower(): value for name, value in call.headers.items()}
    headers |= {"x-ms-start-epk": stage.start, "x-ms-end-epk": stage.end, _CONTINUATION: stage.inner or ""}
    page = answer(replace(call, headers=headers))
    inner = page.headers.pop(_CONTINUATION, None)
    following = _next(container, names, stage.end) if inner is None else stage._replace(inner=inner)
    if following is not None:
        page.headers[_CONTINUATION] = base64.b64encode(
            encode_text({"query": mark, "stage": following}).encode()
        ).decode()
    return page


def _next(container: Container, names: set[str] | None, start: str) -> _Stage | None:
    for partition in container.partitions.all:
        if partition.start >= start and (names is None or partition.id in names):
            return _Stage(partition.start, partition.end)
    return None


def _read(continuation: str, mark: str) -> _Stage | None:
    try:
        content = decode(base64.b64decode(continuation, validate=True))
    except (binascii.Error, ValueError, CosmosError):
        return None  # it is refused as the continuation of an answer as a whole
    match content:
        case {"stage": [str(start), str(end), (str() | None) as inner]}:
            check_mark(content.get("query"), mark)
            return _Stage(start, end, inner)
    return None
