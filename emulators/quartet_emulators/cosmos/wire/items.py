"""Requests about items: what the wire says is turned into operations, what they did into an answer."""

from http import HTTPStatus
from typing import Final

from quartet_emulators.cosmos import charges, identifiers
from quartet_emulators.cosmos.errors import bad_request, not_found, too_large, unsupported
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import Json, decode
from quartet_emulators.cosmos.reading.change_feed import change_feed_page, is_change_feed
from quartet_emulators.cosmos.reading.pages import feed_page, query_page, read_request
from quartet_emulators.cosmos.reading.query_plan import plan_answer
from quartet_emulators.cosmos.reading.ranges import named_partition
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.sql.compile import compiled
from quartet_emulators.cosmos.wire.metadata import is_query, wrong_method
from quartet_emulators.cosmos.writing import batch, documents
from quartet_emulators.cosmos.writing.documents import Conditions, Outcome
from quartet_emulators.cosmos.writing.transaction import MAX_ITEM_BYTES, Transaction

_UNSUPPORTED_HEADERS: Final = {
    "x-ms-documentdb-pre-trigger-include": "triggers",
    "x-ms-documentdb-post-trigger-include": "triggers",
}


def feed_operation(call: Call) -> str:
    """What a request on ``.../docs`` asks for, in one word."""
    if call.method == "GET":
        return "change_feed" if is_change_feed(call) else "read_feed"
    if call.flag("x-ms-cosmos-is-batch-request"):
        return "batch"
    if call.flag("x-ms-cosmos-is-query-plan-request"):
        return "query_plan"
    if is_query(call):
        return "query"
    return "upsert" if call.flag("x-ms-documentdb-is-upsert") else "create"


PAGES: Final = {"query": query_page, "read_feed": feed_page, "change_feed": change_feed_page}
ITEM_OPERATIONS: Final = {"GET": "read", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}


def answer_items(container: Container, call: Call, operation: str, now: float) -> Answer:
    """Answer a request on a container's items.

    Raises:
        CosmosError: every answer of the service that is not a success.
        sqlite3.Error: If the disk refuses; nothing has changed then.
    """
    named_partition(container, call)  # refuses one that was split, whatever is asked of it
    if operation == "query_plan":
        request = read_request(call.body)
        return plan_answer(compiled(request.text), request.parameters, container, call)
    header = call.headers.get("x-ms-documentdb-partitionkey")
    if operation in PAGES:
        partition = None if header is None else container.partition_key.text_in_header(header)
        return PAGES[operation](container, call, partition, now)
    for name, feature in _UNSUPPORTED_HEADERS.items():
        if name in call.headers:
            raise unsupported(feature)
    if operation == "batch" and not call.flag("x-ms-cosmos-batch-atomic"):
        return _bulk_answer(container, call, now)
    tx = Transaction(container, container.partition_key.text_in_header(header), now)
    if operation == "batch":
        return _batch_answer(tx, call)
    outcome = _run(tx, call, operation)
    tx.commit()
    return _answer(outcome, minimal=_wants_minimal(call) and operation != "read")


def _run(tx: Transaction, call: Call, operation: str) -> Outcome:
    when = Conditions(call.headers.get("if-match"), call.headers.get("if-none-match"))
    if operation == "create":
        return documents.create(tx, _document(call))
    if operation == "upsert":
        return documents.upsert(tx, _document(call), when)
    item_id = _item_id(tx, call)
    if operation == "read":
        return documents.read(tx, item_id, when)
    if operation == "replace":
        return documents.replace(tx, item_id, _document(call), when)
    if operation == "patch":
        return documents.patch(tx, item_id, decode(call.body), when)
    if operation == "delete":
        return documents.delete(tx, item_id, when)
    raise wrong_method(call)


def delete_partition(container: Container, call: Call, now: float) -> Answer:
    """Delete all items of a logical partition.

    The service does it in the background, and hides the items immediately.

    Raises:
        CosmosError: 400 if the partition key is missing or malformed.
        sqlite3.Error: If the disk refuses; nothing has changed then.
    """
    if call.method != "POST":
        raise wrong_method(call)
    header = call.headers.get("x-ms-documentdb-partitionkey")
    tx = Transaction(container, container.partition_key.text_in_header(header), now)
    for item in list(container.scan(now, tx.partition)):
        tx.remove(item)
    tx.commit()
    return Answer(HTTPStatus.OK, b"", {"x-ms-request-charge": str(charges.METADATA)})


def _batch_answer(tx: Transaction, call: Call) -> Answer:
    result = batch.run_batch(tx, _operations(call), minimal=_wants_minimal(call))
    if result.succeeded:
        tx.commit()
    return _answer_of_batch(result)


def _bulk_answer(container: Container, call: Call, now: float) -> Answer:
    continues = call.flag("x-ms-cosmos-batch-continue-on-error")
    return _answer_of_batch(
        batch.run_bulk(container, _operations(call), now, continues=continues, minimal=_wants_minimal(call))
    )


def _operations(call: Call) -> Json:
    if len(call.body) > batch.MAX_BYTES:
        raise too_large(f"Request size is too large: the batch has {len(call.body)} bytes, the limit is 2 MB.")
    return decode(call.body)


def _answer_of_batch(result: batch.BatchResult) -> Answer:
    status = HTTPStatus.OK if result.succeeded else HTTPStatus.MULTI_STATUS
    return Answer(status, result.body, {"x-ms-request-charge": str(result.charge)})


def _answer(outcome: Outcome, *, minimal: bool) -> Answer:
    headers = {"x-ms-request-charge": str(outcome.charge)}
    if outcome.item is None:
        return Answer(outcome.status, b"", headers)
    headers["etag"] = outcome.item.etag
    return Answer(outcome.status, b"" if minimal else outcome.item.body, headers)


def _document(call: Call) -> Json:
    if len(call.body) > MAX_ITEM_BYTES:
        raise too_large(f"Request size is too large: {len(call.body)} bytes, the limit of an item is 2 MB.")
    if not call.body:
        raise bad_request("The request has no body.")
    return decode(call.body)


def _item_id(tx: Transaction, call: Call) -> str:
    """The id of the item in the path, which may name it by resource id instead."""
    name = call.segments[5]
    if not identifiers.is_rid_path(call.segments):
        return name
    number = identifiers.item_number(tx.container.rid, name)
    item = tx.container.items.at(number) if number is not None else None
    if item is None or item.partition != tx.partition:
        raise not_found("Entity with the specified id does not exist in the system.")
    return item.id


def _wants_minimal(call: Call) -> bool:
    return "return=minimal" in call.headers.get("prefer", "")
