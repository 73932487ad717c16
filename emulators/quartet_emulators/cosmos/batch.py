"""Transactional batches: up to 100 operations on one logical partition, all of them or none."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from quartet_emulators.cosmos import documents
from quartet_emulators.cosmos.documents import Conditions, Outcome
from quartet_emulators.cosmos.errors import CosmosError, bad_request
from quartet_emulators.cosmos.json_text import Json, encode_text
from quartet_emulators.cosmos.transaction import Transaction

MAX_OPERATIONS: Final = 100
MAX_BYTES: Final = 2 * 1024 * 1024

Run = Callable[[Transaction, dict[str, Json]], Outcome]


def _item_id(operation: dict[str, Json]) -> str:
    item_id = operation.get("id")
    if not isinstance(item_id, str) or not item_id:
        raise bad_request(f"The operation {operation.get('operationType')} needs an id.")
    return item_id


def _when(operation: dict[str, Json]) -> Conditions:
    if_match, if_none_match = operation.get("ifMatch"), operation.get("ifNoneMatch")
    if not isinstance(if_match, str | None) or not isinstance(if_none_match, str | None):
        raise bad_request("ifMatch and ifNoneMatch must be strings.")
    return Conditions(if_match, if_none_match)


_RUN: Final[dict[str, Run]] = {
    "create": lambda tx, op: documents.create(tx, op.get("resourceBody")),
    "upsert": lambda tx, op: documents.upsert(tx, op.get("resourceBody"), _when(op)),
    "replace": lambda tx, op: documents.replace(tx, _item_id(op), op.get("resourceBody"), _when(op)),
    "read": lambda tx, op: documents.read(tx, _item_id(op), _when(op)),
    "delete": lambda tx, op: documents.delete(tx, _item_id(op), _when(op)),
    "patch": lambda tx, op: documents.patch(tx, _item_id(op), op.get("resourceBody"), _when(op)),
}


class BatchResult:
    """The body of the answer, whether every operation succeeded, and the charge of all together."""

    def __init__(self, body: bytes, charge: float, *, succeeded: bool) -> None:
        self.body = body
        self.charge = charge
        self.succeeded = succeeded


def run_batch(tx: Transaction, operations: Json, *, minimal: bool) -> BatchResult:
    """Run the operations in order in the transaction, which the caller commits if all succeeded.

    Args:
        tx: The transaction on the partition that the request names.
        operations: The request's body; not trusted.
        minimal: Leave the items out of the results.

    Raises:
        CosmosError: 400 if the batch as a whole is malformed or has more than 100 operations.
    """
    if not isinstance(operations, list) or not operations:
        raise bad_request("A batch is a list of operations that is not empty.")
    if len(operations) > MAX_OPERATIONS:
        raise bad_request(
            f"Batch request has more operations than what is supported: {len(operations)}, the limit is 100."
        )
    runs = [_known(operation) for operation in operations]
    outcomes: list[Outcome] = []
    for run, operation in zip(runs, operations, strict=True):
        try:
            outcomes.append(run(tx, operation))
        except CosmosError as error:
            return failed(error, len(outcomes), len(operations))
    charge = round(sum(outcome.charge for outcome in outcomes), 2)
    results = b",".join([_result(outcome, minimal=minimal) for outcome in outcomes])
    return BatchResult(b"[" + results + b"]", charge, succeeded=True)


def run_operation(tx: Transaction, operation: dict[str, Json]) -> Outcome:
    """Run one operation alone in the transaction, which the caller commits.

    Raises:
        CosmosError: the operation is malformed or refused.
    """
    return _known(operation)(tx, operation)


def _known(operation: Json) -> Run:
    kind = operation.get("operationType") if isinstance(operation, dict) else None
    run = _RUN.get(kind.lower()) if isinstance(kind, str) else None
    if run is None:
        raise bad_request(f"The batch holds an operation of the unknown type {kind!r}.")
    return run


def _result(outcome: Outcome, *, minimal: bool) -> bytes:
    head = f'{{"statusCode":{outcome.status.value},"requestCharge":{outcome.charge}'
    item = outcome.item
    if item is None:
        return f"{head}}}".encode()
    head = f'{head},"eTag":{encode_text(item.etag)}'
    if minimal:
        return f"{head}}}".encode()
    return f'{head},"resourceBody":'.encode() + item.body + b"}"


def failed(error: CosmosError, index: int, count: int) -> BatchResult:
    """The failed operation keeps its status, all others become dependents of its failure."""
    dependent = f'{{"statusCode":{HTTPStatus.FAILED_DEPENDENCY.value},"requestCharge":0}}'
    results = [dependent] * count
    results[index] = (
        f'{{"statusCode":{int(error.status)},"subStatusCode":{error.substatus},"requestCharge":1.0,'
        f'"message":{encode_text(error.message)}}}'
    )
    return BatchResult(f"[{','.join(results)}]".encode("utf-8", "replace"), 1.0, succeeded=False)
