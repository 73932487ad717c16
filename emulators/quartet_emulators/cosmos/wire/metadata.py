"""Requests about the account, databases, containers and offers."""

from http import HTTPStatus
from typing import Final

from quartet_emulators.cosmos import charges
from quartet_emulators.cosmos.errors import CONTAINER_RECREATED, CosmosError, not_found, unsupported
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import Json, decode, encode
from quartet_emulators.cosmos.reading.pages import ALL_PARTITIONS, across_partitions, query_resources, read_request
from quartet_emulators.cosmos.resources.account import Account
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.resources.offers import wanted_throughput

NEVER_IN_CONTAINERS: Final = {
    "sprocs": "StoredProcedures",
    "triggers": "Triggers",
    "udfs": "UserDefinedFunctions",
    "conflicts": "Conflicts",
}
"""What the emulator cannot hold, by its name in paths, with its name in the answer that lists it."""

_IN_PARTITIONS: Final = "Conflicts"
"""Those that belong to partitions, as items do."""

_INDEX_PROGRESS: Final = "x-ms-documentdb-collection-index-transformation-progress"
_CHARGE: Final = {"x-ms-request-charge": str(charges.METADATA)}


def account_answer(call: Call, advertised: str | None = None) -> Answer:
    """The account: one region.

    Args:
        call: the request.
        advertised: where clients send what follows; None means where this client found the account.
    """
    region = {"name": "Local", "databaseAccountEndpoint": advertised or f"{call.scheme}://{call.host}/"}
    replicas = {"asyncReplication": False, "minReplicaSetSize": 1, "maxReplicasetSize": 1}
    return Answer(
        HTTPStatus.OK,
        encode(
            {
                "_self": "",
                "id": "emulator",
                "_rid": "emulator",
                "media": "//media/",
                "addresses": "//addresses/",
                "_dbs": "//dbs/",
                "writableLocations": [region],
                "readableLocations": [region],
                "enableMultipleWriteLocations": False,
                "userReplicationPolicy": replicas,
                "systemReplicationPolicy": replicas,
                "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
                "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
                "queryEngineConfiguration": "{}",
            }
        ),
        dict(_CHARGE),
    )


def databases_answer(account: Account, call: Call, now: float) -> Answer:
    """``/dbs``: list, query or create."""
    if call.method == "GET":
        return _feed("Databases", "", [database.body for database in account.databases.values()])
    if is_query(call):
        bodies = [database.body for database in account.databases.values()]
        return _feed("Databases", "", query_resources(bodies, read_request(call.body), now))
    _require(call, "POST")
    return _resource(HTTPStatus.CREATED, account.create_database(decode(call.body), now, wanted_throughput(call)))


def database_answer(account: Account, call: Call) -> Answer:
    """``/dbs/x``: read or delete."""
    database = account.database(call.segments[1])
    if call.method == "GET":
        return _resource(HTTPStatus.OK, database.body)
    _require(call, "DELETE")
    account.delete_database(database)
    return Answer(HTTPStatus.NO_CONTENT, b"", dict(_CHARGE))


def containers_answer(account: Account, call: Call, now: float) -> Answer:
    """``/dbs/x/colls``: list, query or create."""
    database = account.database(call.segments[1], owner=True)
    bodies = [container.properties for container in database.containers.values()]
    if call.method == "GET":
        return _feed("DocumentCollections", database.rid_text, bodies)
    if is_query(call):
        found = query_resources(bodies, read_request(call.body), now)
        return _feed("DocumentCollections", database.rid_text, found)
    _require(call, "POST")
    body = account.create_container(database, decode(call.body), now, wanted_throughput(call))
    return _resource(HTTPStatus.CREATED, body)


def container_answer(account: Account, call: Call, now: float) -> Answer:
    """``/dbs/x/colls/y``: read, replace or delete."""
    container = account.container(call.segments[1], call.segments[3])
    if call.method == "GET":
        answer = _resource(HTTPStatus.OK, container.properties)
        if call.flag("x-ms-documentdb-populatequotainfo"):
            answer.headers[_INDEX_PROGRESS] = "100"  # an index is never behind here
        return answer
    if call.method == "PUT":
        return _resource(HTTPStatus.OK, account.replace_container(container, decode(call.body), now))
    _require(call, "DELETE")
    account.delete_container(container)
    return Answer(HTTPStatus.NO_CONTENT, b"", dict(_CHARGE))


def absent_answer(call: Call, kind: str, owner: str) -> Answer:
    """About what the emulator cannot hold: there is none, and none can be made.

    Raises:
        CosmosError: 404 for one that is read, replaced or deleted; 400 for one that is to be made, or for a query that
            names no partition where the service wants one.
    """
    names_one = len(call.segments) % 2 == 0
    if names_one:
        raise not_found("Entity with the specified id does not exist in the system.")
    if is_query(call) and kind == _IN_PARTITIONS and not _says_where(call):
        raise across_partitions()
    if call.method == "GET" or is_query(call):
        return _feed(kind, owner, [])
    raise unsupported(f"{call.method} on /{'/'.join(call.segments)}")


def _says_where(call: Call) -> bool:
    return "x-ms-documentdb-partitionkey" in call.headers or call.flag(ALL_PARTITIONS)


def offers_answer(account: Account, call: Call, now: float) -> Answer:
    """``/offers`` and ``/offers/rid``: list, query, read or replace."""
    if len(call.segments) == 1:
        if call.method == "GET":
            return _feed("Offers", "", account.offers.all())
        if is_query(call):
            return _feed("Offers", "", query_resources(account.offers.all(), read_request(call.body), now))
    elif call.method == "GET":
        return _resource(HTTPStatus.OK, account.offers.get(call.segments[1]))
    elif call.method == "PUT":
        return _resource(HTTPStatus.OK, account.replace_offer(call.segments[1], decode(call.body), now))
    raise wrong_method(call)


def is_query(call: Call) -> bool:
    """Whether a POST carries a query instead of a new resource."""
    if call.method != "POST":
        return False
    return call.flag("x-ms-documentdb-isquery") or call.headers.get("content-type", "").startswith(
        "application/query+json"
    )


def wrong_method(call: Call) -> CosmosError:
    """405: the resource exists, but not this verb on it."""
    path = "/".join(call.segments)
    return CosmosError(HTTPStatus.METHOD_NOT_ALLOWED, f"{call.method} is not possible on /{path}.")


def check_container_id(container: Container, call: Call) -> None:
    """Refuse a request that was meant for an earlier container of the same name; the client then reads it again.

    Raises:
        CosmosError: 400 with sub-status 1024.
    """
    intended = call.headers.get("x-ms-cosmos-intended-collection-rid")
    if intended is not None and intended != container.rid_text:
        raise CosmosError(
            HTTPStatus.BAD_REQUEST,
            f"The container {container.name!r} was created again since the client read it.",
            substatus=CONTAINER_RECREATED,
        )


def _require(call: Call, method: str) -> None:
    if call.method != method:
        raise wrong_method(call)


def _resource(status: HTTPStatus, body: dict[str, Json]) -> Answer:
    return Answer(status, encode(body), {"etag": body["_etag"], **_CHARGE})


def _feed(kind: str, rid: str, entries: list[Json]) -> Answer:
    return Answer(HTTPStatus.OK, _feed_body(kind, rid, entries), {"x-ms-item-count": str(len(entries)), **_CHARGE})


def _feed_body(kind: str, rid: str, entries: list[Json]) -> bytes:
    return encode({"_rid": rid, kind: entries, "_count": len(entries)})
