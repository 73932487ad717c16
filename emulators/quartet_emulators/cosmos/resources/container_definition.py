"""What a client says about a container that it creates or changes."""

from typing import Final

from quartet_emulators.cosmos.errors import bad_request, unsupported
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.partitions.keys import PartitionKeyDefinition
from quartet_emulators.cosmos.resources.indexing_policy import completed
from quartet_emulators.cosmos.resources.unique_keys import unique_keys

DEFAULT_CONFLICTS: Final = {
    "mode": "LastWriterWins",
    "conflictResolutionPath": "/_ts",
    "conflictResolutionProcedure": "",
}
_UNSUPPORTED_POLICIES: Final = {
    "computedProperties": "computed properties",
    "vectorEmbeddingPolicy": "vector embeddings",
    "changeFeedPolicy": "change feed policies",
    "clientEncryptionPolicy": "client encryption",
}
_FOREVER: Final = -1


def checked_properties(body: dict[str, Json]) -> dict[str, Json]:
    """What a client may say about a container, without system properties and with the defaults filled in.

    Raises:
        CosmosError: 400 if something of it is malformed, or the emulator does not have it.
    """
    for policy, feature in _UNSUPPORTED_POLICIES.items():
        content = body.get(policy)
        if content:
            raise unsupported(feature)
    ttl = body.get("defaultTtl")
    if ttl is not None and (type(ttl) is not int or (ttl <= 0 and ttl != _FOREVER)):
        raise bad_request(f"defaultTtl is -1 or a positive whole number of seconds, not {ttl!r}.")
    PartitionKeyDefinition(body.get("partitionKey"))
    kept = {key: value for key, value in body.items() if not key.startswith("_") and value is not None}
    kept["partitionKey"] = {"kind": "Hash", "version": 1, **body["partitionKey"]}
    unique_keys(kept)
    indexing = body.get("indexingPolicy") or {}
    if not isinstance(indexing, dict):
        raise bad_request("indexingPolicy must be a JSON object.")
    kept["indexingPolicy"] = completed(indexing)
    return kept
