"""The account in this process keeps the emulator's rules, and shows what was stored at an earlier version."""

import pytest
from quartet_emulators.cosmos.errors import CosmosError
from quartet_emulators.cosmos.in_process import Document, InProcessAccount, InProcessContainer, Operation

KEY = "gate-7"


def container() -> InProcessContainer:
    return InProcessAccount(lambda: 1000.0).create_container("airport", "gates", "/pk")


def create(item_id: str, **fields: object) -> Operation:
    return {"operationType": "Create", "resourceBody": {"id": item_id, "pk": KEY, **fields}}


def replace(document: Document, etag: str) -> Operation:
    return {"operationType": "Replace", "id": document["id"], "resourceBody": document, "ifMatch": etag}


def shown(gates: InProcessContainer, version: int) -> list[str]:
    rows, _ = gates.query("SELECT * FROM c", [], key=None, page=10, token=None, version=version)
    return [row["seat"] for row in rows]


def test_a_write_with_an_old_etag_is_refused_and_changes_nothing() -> None:
    gates = container()
    first = gates.write(KEY, create("a", seat="1A"))
    gates.write(KEY, replace({**first, "seat": "1B"}, first["_etag"]))
    with pytest.raises(CosmosError) as refused:
        gates.write(KEY, replace({**first, "seat": "1C"}, first["_etag"]))
    account = InProcessAccount(lambda: 0.0)
    assert account.refusal_of(refused.value) == (412, refused.value.message)
    assert account.refusal_of(ValueError("another error")) is None
    assert [gate["seat"] for gate in gates.documents()] == ["1B"]


def test_a_batch_is_written_whole_or_not_at_all() -> None:
    gates = container()
    results, written = gates.run(KEY, [create("a", seat="1A"), create("a", seat="1B")])
    assert ([result["statusCode"] for result in results], written) == ([424, 409], None)
    results, written = gates.run(KEY, [create("a", seat="1A"), create("b", seat="1B")])
    assert [document["id"] for document in written or ()] == ["a", "b"]
    assert gates.version == 1


def test_an_earlier_version_shows_what_was_stored_then() -> None:
    gates = container()
    first = gates.write(KEY, create("a", seat="1A"))
    gates.write(KEY, replace({**first, "seat": "2A"}, first["_etag"]))
    gates.write(KEY, create("b", seat="3A"))
    assert [shown(gates, version) for version in range(4)] == [[], ["1A"], ["2A"], ["2A", "3A"]]
    assert gates.read(KEY, "a", 1)["seat"] == "1A"
    assert gates.find([("a", KEY), ("b", KEY)], 2) == [gates.read(KEY, "a", 3)]
    with pytest.raises(CosmosError, match="does not exist"):
        gates.read(KEY, "b", 2)


def test_a_query_continues_where_its_last_page_ended() -> None:
    gates = container()
    for seat in ("1A", "1B", "1C"):
        gates.write(KEY, create(seat, seat=seat))
    found: list[str] = []
    token = None
    for _ in range(3):
        rows, token = gates.query("SELECT c.id FROM c", [], key=KEY, page=1, token=token, version=gates.version)
        found += [row["id"] for row in rows]
    assert (found, token) == (["1A", "1B", "1C"], None)
