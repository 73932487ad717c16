"""The account: its databases and containers by name and by resource id, in memory and on disk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from quartet_emulators.cosmos import identifiers
from quartet_emulators.cosmos.container import Container
from quartet_emulators.cosmos.errors import OWNER_NOT_FOUND, bad_request, conflict, not_found, unsupported
from quartet_emulators.cosmos.json_text import Json, encode
from quartet_emulators.cosmos.offers import Offers
from quartet_emulators.cosmos.partition_keys import PartitionKeyDefinition
from quartet_emulators.cosmos.storage import Storage

_DEFAULT_INDEXING: Final = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}
_DEFAULT_CONFLICTS: Final = {
    "mode": "LastWriterWins",
    "conflictResolutionPath": "/_ts",
    "conflictResolutionProcedure": "",
}
_UNSUPPORTED_POLICIES: Final = {
    "uniqueKeyPolicy": "unique keys",
    "computedProperties": "computed properties",
    "vectorEmbeddingPolicy": "vector embeddings",
    "changeFeedPolicy": "change feed policies",
    "clientEncryptionPolicy": "client encryption",
}
_FOREVER: Final = -1


class Database:
    """A database and its containers by name."""

    def __init__(self, rid: bytes, body: dict[str, Json]) -> None:
        self.rid = rid
        self.rid_text = identifiers.to_text(rid)
        self.name: str = body["id"]
        self.body = body
        self.containers: dict[str, Container] = {}

    @property
    def link(self) -> str:
        """The ``_self`` link."""
        return f"dbs/{self.rid_text}/"


class Account:
    """Everything that the emulator holds."""

    def __init__(self, data_dir: Path) -> None:
        """Open the data directory and load what is in it.

        Raises:
            StorageError: If the directory cannot be used.
        """
        self.storage = Storage(data_dir)
        self.offers = Offers(self.storage)
        self.databases: dict[str, Database] = {}
        self._by_rid: dict[str, Database | Container] = {}
        by_rid: dict[bytes, Database] = {}
        for rid, body in self.storage.databases():
            database = Database(rid, json.loads(body))
            by_rid[rid] = database
            self._add(database)
        for row in self.storage.containers():
            owner = by_rid[row.database]
            container = Container(row.key, row.rid, owner.name, json.loads(row.body))
            container.load(self.storage.items(row.key), row.lsn, row.number)
            self._add_container(owner, container)

    def close(self) -> None:
        """Close the data directory."""
        self.storage.close()

    def database(self, name: str, *, owner: bool = False) -> Database:
        """The database with this name or resource id.

        Raises:
            CosmosError: 404; with sub-status 1003 if it is looked for as the owner of what is asked for.
        """
        found = self.databases.get(name) or self._by_rid.get(name)
        if not isinstance(found, Database):
            raise not_found(f"The database {name!r} does not exist.", substatus=OWNER_NOT_FOUND if owner else 0)
        return found

    def container(self, database: str, name: str, *, owner: bool = False) -> Container:
        """The container with this name or resource id.

        Raises:
            CosmosError: 404; with sub-status 1003 if its database is missing, or if the container is looked for as
                the owner of what is asked for.
        """
        found = self.database(database, owner=True).containers.get(name) or self._by_rid.get(name)
        if not isinstance(found, Container):
            raise not_found(
                f"The container {name!r} does not exist in the database {database!r}.",
                substatus=OWNER_NOT_FOUND if owner else 0,
            )
        return found

    def create_database(self, body: Json, now: float, throughput: dict[str, Json] | None) -> dict[str, Json]:
        """Create a database and return its body.

        Raises:
            CosmosError: 400 for a bad id, 409 if there is one of this name.
        """
        name = identifiers.checked_resource_id(_object(body), "database")
        if name in self.databases:
            raise conflict(f"A database with the id {name!r} already exists.")
        rid = identifiers.new_database_rid()
        text = identifiers.to_text(rid)
        full: dict[str, Json] = {"id": name, "_rid": text, "_self": f"dbs/{text}/", "_etag": _etag(rid, now)}
        full |= {"_colls": "colls/", "_users": "users/", "_ts": int(now)}
        database = Database(rid, full)
        with self._writing(text):
            self.storage.save_database(rid, encode(full))
            if throughput is not None:
                self.offers.create(database.link, text, throughput, now)
        self._add(database)
        return full

    def delete_database(self, database: Database) -> None:
        """Delete a database with its containers and their items."""
        containers = list(database.containers.values())
        rids = [database.rid_text, *[container.rid_text for container in containers]]
        self.storage.delete(
            databases=[database.rid],
            containers=[container.key for container in containers],
            offers=self.offers.of(rids),
        )
        self.offers.forget(rids)
        del self.databases[database.name]
        for rid in rids:
            del self._by_rid[rid]

    def create_container(
        self, database: Database, body: Json, now: float, throughput: dict[str, Json] | None
    ) -> dict[str, Json]:
        """Create a container and return its body.

        Raises:
            CosmosError: 400 for a bad definition, or with policies that the emulator does not keep; 409 if there is one
                of this name.
        """
        name = identifiers.checked_resource_id(_object(body), "container")
        definition = _checked_properties(body)
        if name in database.containers:
            raise conflict(f"A container with the id {name!r} already exists.")
        rid = identifiers.new_container_rid(database.rid)
        text = identifiers.to_text(rid)
        link = f"{database.link}colls/{text}/"
        full = {"conflictResolutionPolicy": _DEFAULT_CONFLICTS, **definition}
        full |= {"_rid": text, "_ts": int(now), "_self": link, "_etag": _etag(rid, now), "_docs": "docs/"}
        full |= {"_sprocs": "sprocs/", "_triggers": "triggers/", "_udfs": "udfs/", "_conflicts": "conflicts/"}
        with self._writing(text):
            key = self.storage.add_container(rid, database.rid, encode(full))
            if throughput is not None or not self.offers.has(database.rid_text):
                self.offers.create(link, text, throughput, now)
        self._add_container(database, Container(key, rid, database.name, full))
        return full

    def replace_container(self, container: Container, body: Json, now: float) -> dict[str, Json]:
        """Change a container's policies and return its body.

        Raises:
            CosmosError: 400 if id or partition key would change, or the definition is bad, as for creation.
        """
        name = identifiers.checked_resource_id(_object(body), "container")
        definition = _checked_properties(body)
        current = container.properties
        if name != container.name or definition["partitionKey"] != current["partitionKey"]:
            raise bad_request("The id and the partition key of a container cannot be changed.")
        kept = {key: value for key, value in current.items() if key.startswith("_")}
        full = {"conflictResolutionPolicy": _DEFAULT_CONFLICTS, **definition, **kept}
        full |= {"_ts": int(now), "_etag": _etag(container.rid, now)}
        self.storage.replace_container(container.key, encode(full))
        container.configure(full)
        return full

    def delete_container(self, container: Container) -> None:
        """Delete a container with its items."""
        self.storage.delete(containers=[container.key], offers=self.offers.of([container.rid_text]))
        self.offers.forget([container.rid_text])
        del self.databases[container.database].containers[container.name]
        del self._by_rid[container.rid_text]

    @contextmanager
    def _writing(self, rid: str) -> Iterator[None]:
        """A resource and its offer, or neither of them."""
        try:
            with self.storage.transaction():
                yield
        except BaseException:
            self.offers.forget([rid])
            raise

    def _add(self, database: Database) -> None:
        self.databases[database.name] = database
        self._by_rid[database.rid_text] = database

    def _add_container(self, database: Database, container: Container) -> None:
        database.containers[container.name] = container
        self._by_rid[container.rid_text] = container


def _object(body: Json) -> dict[str, Json]:
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object.")
    return body


def _etag(rid: bytes, now: float) -> str:
    return f'"{rid[-4:].hex()}-0000-0000-0000-{int(now * 1_000_000) & 0xFFFFFFFFFFFF:012x}"'


def _checked_properties(body: dict[str, Json]) -> dict[str, Json]:
    """What a client may say about a container, without system properties and with the defaults filled in."""
    for policy, feature in _UNSUPPORTED_POLICIES.items():
        content = body.get(policy)
        if content and content != {"uniqueKeys": []}:
            raise unsupported(feature)
    ttl = body.get("defaultTtl")
    if ttl is not None and (type(ttl) is not int or (ttl <= 0 and ttl != _FOREVER)):
        raise bad_request(f"defaultTtl is -1 or a positive whole number of seconds, not {ttl!r}.")
    PartitionKeyDefinition(body.get("partitionKey"))
    kept = {key: value for key, value in body.items() if not key.startswith("_") and value is not None}
    kept["partitionKey"] = {"kind": "Hash", "version": 1, **body["partitionKey"]}
    indexing = body.get("indexingPolicy") or {}
    if not isinstance(indexing, dict):
        raise bad_request("indexingPolicy must be a JSON object.")
    kept["indexingPolicy"] = {**_DEFAULT_INDEXING, **indexing}
    return kept
