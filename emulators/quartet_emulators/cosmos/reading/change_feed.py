"""The change feed, pull model, latest version of each item: what was created or changed after a point, in order.

A continuation is the log sequence number of the last change that was read, as an ETag. Items of one batch share a
number and are never split over two pages, as in the service.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from quartet_emulators.cosmos import charges
from quartet_emulators.cosmos.errors import bad_request, unsupported
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.reading.filling import MAX_PAGE_BYTES
from quartet_emulators.cosmos.reading.pages import DEFAULT_PAGE, LARGEST_PAGE
from quartet_emulators.cosmos.reading.ranges import key_range
from quartet_emulators.cosmos.resources.container import Container

_MOST_DIGITS: Final = 18
_INCREMENTAL: Final = ("incremental feed", "incremental-feed", "incrementalfeed")


def is_change_feed(call: Call) -> bool:
    """Whether a GET of items asks for their changes."""
    return "a-im" in call.headers


def change_feed_page(container: Container, call: Call, partition: str | None, now: float) -> Answer:
    """One page of changes, or 304 if there are none; either way the ETag is where to continue.

    Raises:
        CosmosError: 400 for a continuation that is none, and for the mode "all versions and deletes".
    """
    if call.headers["a-im"].lower() not in _INCREMENTAL:
        raise unsupported(f"the change feed mode {call.headers['a-im']!r}; there is only the latest version")
    after = _starting_point(container, call)
    since = _since(call)
    size = call.page_size(DEFAULT_PAGE, LARGEST_PAGE)
    wanted = key_range(container, call)
    rows: list[bytes] = []
    filled, lsn = 0, container.lsn
    items = container.changes(after, now)
    if wanted is not None:
        items = wanted.limit(items)
    for item in items:
        if item.ts < since or (partition is not None and item.partition != partition):
            continue
        if rows and item.lsn != lsn and (len(rows) >= size or filled + len(item.body) > MAX_PAGE_BYTES):
            break
        rows.append(b'%b,"_lsn":%d}' % (item.body[:-1], item.lsn))
        filled += len(item.body)
        lsn = item.lsn
    else:
        lsn = container.lsn
    headers = {"etag": f'"{lsn}"', "x-ms-request-charge": str(charges.query(len(rows), filled))}
    if not rows:
        return Answer(HTTPStatus.NOT_MODIFIED, b"", headers)
    body = b'{"_rid":"%b","Documents":[%b],"_count":%d}' % (
        container.rid_text.encode(),
        b",".join(rows),
        len(rows),
    )
    headers["x-ms-item-count"] = str(len(rows))
    return Answer(HTTPStatus.OK, body, headers)


def _starting_point(container: Container, call: Call) -> int:
    """The sequence number after which to begin: the continuation, ``*`` for now, none for the beginning."""
    etag = call.headers.get("if-none-match")
    if etag is None:
        return 0
    if etag == "*":
        return container.lsn
    number = etag.strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > _MOST_DIGITS:
        raise bad_request(f"The continuation {etag!r} is not one of this change feed.")
    return int(number)


def _since(call: Call) -> float:
    """The point in time of ``If-Modified-Since``, in seconds; the header has whole seconds."""
    text = call.headers.get("if-modified-since")
    if text is None:
        return 0.0
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        raise bad_request(f"If-Modified-Since is not a date: {text!r}.") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
