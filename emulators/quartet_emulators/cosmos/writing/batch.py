"""Batches of up to 100 operations.

A transactional one is on one logical partition, and does all of them or none. In a bulk, each operation names its own
partition, and has an effect and a status of its own.
"""

import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from quartet_emulators.cosmos.errors import CosmosError, bad_request, not_written
from quartet_emulators.cosmos.json_text import Json, encode_text
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.writing import documents
from quartet_emulators.cosmos.writing.documents import Conditions, Outcome
from quartet_emulators.cosmos.writing.transaction import Transaction

MAX_OPERATIONS: Final = 100
MAX_BYTES: Final = 2 * 1024 * 1024
_CHARGE_OF_FAILURE: Final = 1.0
_DEPENDENT: Final = f'{{"statusCode":{HTTPStatus.FAILED_DEPENDENCY.value},"requestCharge":0}}'.encode()

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
    runs = _runs(operations)
    outcomes: list[Outcome] = []
    for run, operation in zip(runs, operations, strict=True):
        try:
            outcomes.append(run(tx, operation))
        except CosmosError as error:
            return failed(error, len(outcomes), len(operations))
    charge = round(sum(outcome.charge for outcome in outcomes), 2)
    results = b",".join([_result(outcome, minimal=minimal) for outcome in outcomes])
    return BatchResult(b"[" + results + b"]", charge, succeeded=True)


def run_bulk(container: Container, operations: Json, now: float, *, continues: bool, minimal: bool) -> BatchResult:
    """Run operations that do not depend on each other, in order; each is committed alone.

    Args:
        container: Where the items are.
        operations: The request's body; not trusted.
        now: The time.
        continues: Also run those behind one that failed; otherwise they become dependents of its failure.
        minimal: Leave the items out of the results.

    Raises:
        CosmosError: 400 if the request as a whole is malformed or has more than 100 operations.
    """
    runs = _runs(operations)
    results: list[bytes] = []
    charge = 0.0
    succeeded = True
    for run, operation in zip(runs, operations, strict=True):
        if not succeeded and not continues:
            results.append(_DEPENDENT)
            continue
        try:
            tx = Transaction(container, container.partition_key.text_in_header(_key(operation)), now)
            outcome = run(tx, operation)
            tx.commit()
        except (CosmosError, sqlite3.Error) as error:
            succeeded = False
            charge += _CHARGE_OF_FAILURE
            results.append(_failure(error if isinstance(error, CosmosError) else not_written(error)))
        else:
            charge += outcome.charge
            results.append(_result(outcome, minimal=minimal))
    return BatchResult(b"[" + b",".join(results) + b"]", round(charge, 2), succeeded=succeeded)


def _key(operation: dict[str, Json]) -> str | None:
    """The partition key of one operation of a bulk: the text that a single request has in its header."""
    key = operation.get("partitionKey")
    if not isinstance(key, str | None):
        raise bad_request("partitionKey must be the text of a list, as in x-ms-documentdb-partitionkey.")
    return key


def _runs(operations: Json) -> list[Run]:
    """How to run each of them.

    Raises:
        CosmosError: 400 if there are none, more than 100, or one of an unknown type.
    """
    if not isinstance(operations, list):
        raise bad_request("A batch is a list of operations.")
    if not operations:
        raise bad_request("Batch request has no operations.")
    if len(operations) > MAX_OPERATIONS:
        raise bad_request(
            f"Batch request has more operations than what is supported. It has {len(operations)}, the limit is 100."
        )
    return [_known(operation) for operation in operations]


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
    results = [_DEPENDENT] * count
    results[index] = _failure(error)
    return BatchResult(b"[" + b",".join(results) + b"]", _CHARGE_OF_FAILURE, succeeded=False)


def _failure(error: CosmosError) -> bytes:
    return (
        f'{{"statusCode":{int(error.status)},"subStatusCode":{error.substatus},"requestCharge":{_CHARGE_OF_FAILURE},'
        f'"message":{encode_text(error.message)}}}'
    ).encode("utf-8", "replace")
