"""The account: its databases and containers by name and by resource id, in memory and on disk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quartet_emulators.cosmos import identifiers
from quartet_emulators.cosmos.errors import OWNER_NOT_FOUND, bad_request, conflict, not_found
from quartet_emulators.cosmos.json_text import Json, encode
from quartet_emulators.cosmos.partitions.physical import PhysicalPartition, PhysicalPartitions
from quartet_emulators.cosmos.resources.container import Container
from quartet_emulators.cosmos.resources.container_definition import DEFAULT_CONFLICTS, checked_properties
from quartet_emulators.cosmos.resources.offers import Offers
from quartet_emulators.cosmos.resources.spreading import split, spread
from quartet_emulators.cosmos.resources.unique_keys import unique_keys
from quartet_emulators.cosmos.storage.readers import Readers
from quartet_emulators.cosmos.storage.sqlite_file import Storage


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
        self.readers = Readers(self.storage.path)
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
            items = self.storage.items(row.key)
            container = Container(row.key, row.rid, owner.name, json.loads(row.body), items)
            container.load(items, row.lsn, row.number)
            partitions = self.storage.partitions(row.key)
            if partitions is not None:
                container.partitions = PhysicalPartitions.from_json(partitions)
            self._add_container(owner, container)

    def close(self) -> None:
        """Close the data directory."""
        self.readers.close()
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
        definition = checked_properties(body)
        if name in database.containers:
            raise conflict(f"A container with the id {name!r} already exists.")
        rid = identifiers.new_container_rid(database.rid)
        text = identifiers.to_text(rid)
        link = f"{database.link}colls/{text}/"
        full = {"conflictResolutionPolicy": DEFAULT_CONFLICTS, **definition}
        full |= {"_rid": text, "_ts": int(now), "_self": link, "_etag": _etag(rid, now), "_docs": "docs/"}
        full |= {"_sprocs": "sprocs/", "_triggers": "triggers/", "_udfs": "udfs/", "_conflicts": "conflicts/"}
        with self._writing(text):
            key = self.storage.add_container(rid, database.rid, encode(full))
            if throughput is not None or not self.offers.has(database.rid_text):
                self.offers.create(link, text, throughput, now)
            container = Container(key, rid, database.name, full, self.storage.items(key))
            container.keep_unique_keys()
            spread(self.storage, container, self.offers.content_for(text, database.rid_text), is_new=True)
        self._add_container(database, container)
        return full

    def replace_container(self, container: Container, body: Json, now: float) -> dict[str, Json]:
        """Change a container's policies and return its body.

        Raises:
            CosmosError: 400 if id or partition key would change, or the definition is bad, as for creation.
        """
        name = identifiers.checked_resource_id(_object(body), "container")
        definition = checked_properties(body)
        current = container.properties
        if name != container.name or definition["partitionKey"] != current["partitionKey"]:
            raise bad_request("The id and the partition key of a container cannot be changed.")
        if unique_keys(definition) != container.unique_keys:
            raise bad_request("The unique keys of a container cannot be changed.")
        kept = {key: value for key, value in current.items() if key.startswith("_")}
        full = {"conflictResolutionPolicy": DEFAULT_CONFLICTS, **definition, **kept}
        full |= {"_ts": int(now), "_etag": _etag(container.rid, now)}
        items = self.storage.items(container.key)
        with self.storage.transaction():
            self.storage.replace_container(container.key, encode(full))
            if full.get("defaultTtl") != container.default_ttl:
                items.set_ends(full.get("defaultTtl"))
        container.configure(full)
        allowed = filter(container.indexing.covers_all, items.indexes.definitions())
        items.indexes.keep_only([*container.unique_keys, *allowed])
        container.items = items
        return full

    def delete_container(self, container: Container) -> None:
        """Delete a container with its items."""
        self.storage.delete(containers=[container.key], offers=self.offers.of([container.rid_text]))
        self.offers.forget([container.rid_text])
        del self.databases[container.database].containers[container.name]
        del self._by_rid[container.rid_text]

    def replace_offer(self, rid: str, body: Json, now: float) -> dict[str, Json]:
        """Take over another throughput and return the offer's body; containers are split as far as it needs.

        Raises:
            CosmosError: 404 if there is no such offer, 400 if the body has no throughput.
            sqlite3.Error: the disk refuses. The request can be repeated, whatever it has written.
        """
        offer = self.offers.replace(rid, body, now)
        owner = self._by_rid[offer["offerResourceId"]]
        for container in [owner] if isinstance(owner, Container) else owner.containers.values():
            spread(self.storage, container, self.offers.content_for(container.rid_text, owner.rid_text))
        return offer

    def split(
        self, database: str, container: str, partition: str | None
    ) -> tuple[PhysicalPartition, PhysicalPartition]:
        """Split a physical partition, by default the one with the widest range; returns its halves.

        Raises:
            CosmosError: 404 for the container, 410 for the partition if there is none; 400 if it cannot be split.
            sqlite3.Error: the disk refuses; nothing has changed then.
        """
        return split(self.storage, self.container(database, container), partition)

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
