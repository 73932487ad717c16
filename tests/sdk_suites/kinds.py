"""Why a test did not pass, in a few words, from what it printed."""

import re
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from tests.sdk_suites.outcomes import Outcome


class Verdict(NamedTuple):
    """The judgement of a test.

    Attributes:
        kind: passed, skipped, refused (the emulator said that it does not have something) or failed.
        reason: why, in a few words; empty if it passed.
    """

    kind: str
    reason: str


def verdict_of(suite: str, outcome: Outcome) -> Verdict:
    """Judge an outcome."""
    if outcome.outcome == "passed":
        return Verdict("passed", "")
    if outcome.outcome == "skipped":
        return Verdict("skipped", _first(_SKIPPED, outcome.text) or "another condition of the authors")
    refused = _refused(suite, outcome)
    if refused:
        return Verdict("refused", refused)
    return Verdict("failed", _first(_FAILED[suite], f"{outcome.test}\n{outcome.text}") or "another reason")


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((reason for pattern, reason in table if re.search(pattern, text)), "")


def _refused(suite: str, outcome: Outcome) -> str:
    if suite == "azure-storage-blob":
        if not re.search(r"not implemented by this emulator|NotImplemented\b|Error: Not Implemented", outcome.text):
            return ""
        name = PurePosixPath(outcome.test.split("::")[0]).stem.removesuffix("_async")
        return _first(_BLOB_TESTS, outcome.test) or _BLOB_MODULES.get(name, "other operations")
    found = re.search(r"The emulator does not support (.+?); the service does", outcome.text)
    return _first(_COSMOS_REFUSALS, found[1]) or found[1] if found else ""


_COSMOS_REFUSALS: Final = (
    (r"/users|/permissions", "users and permissions"),
    (r"/sprocs", "stored procedures"),
    (r"/triggers", "triggers"),
    (r"/udfs|user-defined", "user-defined functions"),
    (r"/clientencryptionkeys", "client encryption keys"),
    (r"full.?text|FULLTEXT|ORDER BY RANK", "full-text search"),
    (r"(?i)vector", "vectors"),
    (r"(?i)all versions and deletes|AllVersions", "the change feed of all versions and deletes"),
)

_BLOB_TESTS: Final = (
    (r"_with_if_tags|find_blobs|tags", "tags of blobs"),
    (r"lease", "leases"),
    (r"snapshot", "snapshots"),
    (r"_sas|shared_access|user_delegation", "shared access signatures"),
    (r"append", "append blobs"),
    (r"page_blob|page_range", "page blobs"),
    (r"copy|from_url", "copies from a URL"),
    (r"tier", "tiers"),
    (r"immutab|legal_hold", "immutability policies"),
    (r"undelete|soft_delete", "soft delete"),
    (r"batch", "batches"),
    (r"account_info", "properties of the account"),
)

_BLOB_MODULES: Final = {
    "test_append_blob": "append blobs",
    "test_arrow": "lists in Arrow's format",
    "test_blob_access_conditions": "access conditions of what is not there (leases, page and append blobs)",
    "test_blob_service_properties": "properties of the service",
    "test_blob_service_stats": "statistics of the service",
    "test_blob_storage_account": "tiers",
    "test_blob_tags": "tags of blobs",
    "test_block_blob": "further operations of block blobs",
    "test_block_blob_sync_copy": "copies from a URL",
    "test_common_blob": "further operations of blobs",
    "test_container": "further operations of containers",
    "test_content_validation": "checksums in structured messages",
    "test_cpk": "keys of the customer",
    "test_cpk_n": "encryption scopes",
    "test_get_blob": "checksums in structured messages",
    "test_large_block_blob": "further operations of block blobs",
    "test_ors": "object replication",
    "test_page_blob": "page blobs",
    "test_quick_query": "quick queries",
}

_SKIPPED: Final = (
    (r"recordings only", "its authors run it against recordings only"),
    (r"(?i)fault injector", "it needs a fault injector"),
    (r"uamqp", "it needs uamqp, the former AMQP library"),
)

_MANAGEMENT: Final = (r"management plane of the account is not there", "it needs the management plane of an account")

_OTHER_PARTITIONS: Final = "it expects other physical partitions than the emulator makes"

_FAILED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "azure-eventhub": (
        (r"(?i)websocket|\[ws\]|Connection refused", "AMQP over WebSockets"),
        (r"did not end within|Timeout", "it hung"),
    ),
    "azure-cosmos": (
        (
            r"distinct account regions|test_excluded_locations|test_per_partition_|disallowing writes in this region",
            "it needs an account in several regions",
        ),
        (r"inference service not initialized", "it needs another service of Azure"),
        (r"FileNotFoundError", "it needs a file that is not in the source distribution"),
        (r"_internal_response_status_capture", "its stand-in for an answer does not fit this version of the SDK"),
        (r"did not end within|Timeout \(>", "it hung"),
        (r"Invalid Continuation Token", "it continues with a token of the service, or of another kind of request"),
        (r"multiple_physical|pk_range_", _OTHER_PARTITIONS),
        (r"partition_split", "it expects that a query over one range has a plan"),
        (r"full_text_policy|hybrid_search", "it expects that full-text search is checked"),
        (r"indexing_policy", "it reads an indexing policy back"),
        (r"(read|request)_timeout", "it needs a server that answers slowly"),
        (r"quota|test_partitioned_collection\b", "it reads statistics of partitions"),
        (r"effective_preferred_locations|test_globaldb", "it needs an account in several regions"),
    ),
    "azure-storage-blob": (
        _MANAGEMENT,
        (r"file\.core\.windows|login\.microsoftonline|Name or service not known", "it needs another service of Azure"),
        (r"did not end within|Timeout \(>", "it hung"),
        (r"test_arrow", "lists in Arrow's format"),
        (r"test_blob_client", "it expects addresses as the service's, with the account in the host's name"),
        (r"soft_delete", "soft delete"),
        (r"version|_vid\b", "versions of blobs"),
        (r"FileNotFoundError", "it needs a file that is not in the source distribution"),
    ),
}
