"""The operations on one item. Alone or as part of a batch, they run in a transaction and see its earlier writes."""

from http import HTTPStatus
from typing import Final, NamedTuple

from quartet_emulators.cosmos import charges
from quartet_emulators.cosmos.errors import bad_request, conflict, not_found, precondition_failed
from quartet_emulators.cosmos.identifiers import checked_item_id
from quartet_emulators.cosmos.json_text import Json, decode_stored
from quartet_emulators.cosmos.sql.compile import compiled_condition
from quartet_emulators.cosmos.storage.item import Item
from quartet_emulators.cosmos.writing.patch import apply_patch
from quartet_emulators.cosmos.writing.transaction import Transaction


class Conditions(NamedTuple):
    """The ETags under which an operation may happen: the item has this one, or does not have that one; ``*`` is any."""

    if_match: str | None = None
    if_none_match: str | None = None


ALWAYS: Final = Conditions()


class Outcome(NamedTuple):
    """What an operation did: its status, the item that it read or left (if any) and its charge."""

    status: HTTPStatus
    item: Item | None
    charge: float


def create(tx: Transaction, document: Json) -> Outcome:
    """Write an item whose id is new in its partition.

    Raises:
        CosmosError: 409 if the id exists; 400 or 413 if the document is not acceptable.
    """
    item_id = _checked(tx, document)
    if tx.find(item_id) is not None:
        raise conflict(f"Entity with the specified id {item_id!r} already exists in the system.")
    return _written(tx.write(item_id, document, None), HTTPStatus.CREATED)


def upsert(tx: Transaction, document: Json, when: Conditions = ALWAYS) -> Outcome:
    """Write an item, new (201) or in place of the one with its id (200); the ETag counts for the latter only.

    Raises:
        CosmosError: 412 if the ETag is not the item's; 400 or 413 if the document is not acceptable.
    """
    item_id = _checked(tx, document)
    current = tx.find(item_id)
    if current is None:
        return _written(tx.write(item_id, document, None), HTTPStatus.CREATED)
    _check_etag(current, when)
    return _written(tx.write(item_id, document, current), HTTPStatus.OK)


def replace(tx: Transaction, item_id: str, document: Json, when: Conditions = ALWAYS) -> Outcome:
    """Write an item in place of the one with its id. A document with another id gives the item that one.

    Raises:
        CosmosError: 404 if there is none; 412 if the ETag is not its own; 409 if another item has the new id; 400 or
            413 if the document is not acceptable.
    """
    new_id = _checked(tx, document)
    current = existing(tx, item_id)
    _check_etag(current, when)
    if new_id != item_id:
        if tx.find(new_id) is not None:
            raise conflict(f"Entity with the specified id {new_id!r} already exists in the system.")
        tx.remove(current)
    return _written(tx.write(new_id, document, current), HTTPStatus.OK)


def read(tx: Transaction, item_id: str, when: Conditions = ALWAYS) -> Outcome:
    """Read an item: 304 without it if its ETag is the one that the client has.

    Raises:
        CosmosError: 404 if there is none.
    """
    item = existing(tx, item_id)
    if when.if_none_match in {item.etag, "*"}:
        return Outcome(HTTPStatus.NOT_MODIFIED, None, charges.read(0))
    return Outcome(HTTPStatus.OK, item, charges.read(len(item.body)))


def delete(tx: Transaction, item_id: str, when: Conditions = ALWAYS) -> Outcome:
    """Delete an item.

    Raises:
        CosmosError: 404 if there is none; 412 if the ETag is not its own.
    """
    item = existing(tx, item_id)
    _check_etag(item, when)
    tx.remove(item)
    return Outcome(HTTPStatus.NO_CONTENT, None, charges.write(len(item.body)))


def patch(tx: Transaction, item_id: str, specification: Json, when: Conditions = ALWAYS) -> Outcome:
    """Change parts of an item, if its ETag and the condition allow it; nothing is changed otherwise.

    Raises:
        CosmosError: 404 if there is none; 412 if the ETag is not its own or the condition is not true for it; 400 if
            the specification is malformed or one of its operations cannot be applied.
    """
    if not isinstance(specification, dict):
        raise bad_request("A patch is an object: {condition?, operations}.")
    item = existing(tx, item_id)
    _check_etag(item, when)
    document = decode_stored(item.body)
    condition = specification.get("condition")
    if condition is not None:
        _check_condition(condition, document, tx.now)
    apply_patch(document, specification.get("operations"), tx.container.partition_key.paths)
    return _written(tx.write(item_id, document, item), HTTPStatus.OK)


def existing(tx: Transaction, item_id: str) -> Item:
    """The living item with this id.

    Raises:
        CosmosError: 404 if there is none.
    """
    item = tx.find(item_id)
    if item is None:
        raise not_found("Entity with the specified id does not exist in the system.")
    return item


def _checked(tx: Transaction, document: Json) -> str:
    if not isinstance(document, dict):
        raise bad_request("An item must be a JSON object.")
    item_id = checked_item_id(document)
    tx.container.partition_key.check(document, tx.partition)
    return item_id


def _check_etag(item: Item, when: Conditions) -> None:
    if when.if_match is not None and when.if_match not in {item.etag, "*"}:
        raise precondition_failed("One of the specified pre-condition is not met: the item has another ETag.")
    if when.if_none_match in {item.etag, "*"}:
        raise precondition_failed("One of the specified pre-condition is not met: the item has this ETag.")


def _check_condition(condition: Json, document: dict[str, Json], now: float) -> None:
    if not isinstance(condition, str):
        raise bad_request("The condition of a patch must be a string such as 'FROM c WHERE c.stock > 0'.")
    matches = compiled_condition(condition).matcher({}, now)
    if matches is not None and not matches(document):
        raise precondition_failed("One of the specified pre-condition is not met: the patch condition is not true.")


def _written(item: Item, status: HTTPStatus) -> Outcome:
    return Outcome(status, item, charges.write(len(item.body)))
