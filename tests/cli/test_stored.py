"""The tools look at everything that is stored, or say what they could not look at. Never an all-clear instead."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quartet.azure.cosmos.dead_letters import dead_letter_document
from quartet.cli.dead_letters.dead_letters import find_letters
from quartet.cli.failures import FAILED, MISUSED
from quartet.cli.lag.lag import Standstill
from quartet.cli.main import run
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import MissingError, Stored
from quartet.engine.ports import DeadLetter, Message
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Record
from quartet.events import bucket_of
from services.operations.audit.running import run_audit
from services.operations.participants import INVENTORY, NAMES, ORDER, PARTICIPANTS, PAYMENT, SHIPPING
from services.operations.publish.waiting import wait_until_settled
from services.operations.seed.seeding import provision
from services.operations.status.status import whereabouts
from services.operations.status.stuck_reading import stuck_orders
from services.order.domain import Fact, Order, OrderStatus
from tests.stack_fixture import Servers, running_stack

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIMULATED = {"PAYMENT_GATEWAY": "simulated", "CARRIER": "simulated"}
TINY_PAGE = 2


@pytest.fixture
async def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Servers]:
    """Emulators without a single database; the environment has their settings."""
    async with running_stack(tmp_path) as running:
        settings = running.settings
        for name in ("EVENT_HUBS_NAMESPACE", "BLOB_ACCOUNT_URL", "COSMOS_ENDPOINT"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("EVENT_HUBS_CONNECTION_STRING", str(settings.event_hubs_connection_string))
        monkeypatch.setenv("BLOB_CONNECTION_STRING", str(settings.blob_connection_string))
        monkeypatch.setenv("COSMOS_CONNECTION_STRING", str(settings.cosmos_connection_string))
        for name, value in SIMULATED.items():
            monkeypatch.setenv(name, value)
        yield running


@dataclass(frozen=True, slots=True)
class Shelves:
    """The databases of the services, empty at first."""

    cosmos: Cosmos

    async def put(self, database: str, container: str, document: Mapping[str, Any]) -> None:
        client = self.cosmos.client.get_database_client(database).get_container_client(container)
        await client.upsert_item(dict(document))

    async def order(self, order_id: str, **state: Any) -> dict[str, Any]:  # noqa: ANN401 -- the state's fields
        record = Record(order_id, bucket_of(order_id, 16), Order(order_id, **state), partition="1")
        document = RecordCodec(ORDER.state).encode(record)
        await self.put("orders", "orders", document)
        return document

    async def letter(self, service: str, number: int, order_id: str | None) -> dict[str, Any]:
        message = Message(b"{}", "application/json", {}, number, str(number))
        letter = DeadLetter(message, "0", "handler_failed", "oops", 1, order_id, None, None, NOON)
        document = dead_letter_document(letter, 16)
        database = next(one.database for one in PARTICIPANTS if one.name == service)
        await self.put(database, "dead-letters", document)
        return document


@pytest.fixture
async def shelves(servers: Servers) -> Shelves:
    cosmos = Cosmos(servers.cosmos, servers.settings)
    await provision(cosmos)
    return Shelves(cosmos)


async def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    """A command's exit status, what it writes, and the lines that it says on standard error."""
    capsys.readouterr()
    status = await asyncio.to_thread(run, arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err.splitlines()


LOOKING = [
    ("dead-letters", "list"),
    ("dead-letters", "list", "--all", "--json"),
    ("dead-letters", "list", "--saga", "ord-1"),
    ("dead-letters", "show", "0-1-abc"),
    ("dead-letters", "redrive", "--all", "--dry-run"),
    ("dead-letters", "redrive", "--all"),
    ("dead-letters", "discard", "0-1-abc"),
    ("status", "ord-1"),
    ("audit",),
]


@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
@pytest.mark.usefixtures("servers")
async def test_databases_that_do_not_exist_are_an_error_that_names_one(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    status, out, (line,) = await command(capsys, *arguments)
    assert (status, out) == (FAILED, "")
    assert "no database or container orders/" in line
    assert "start the services, which create it" in line


@pytest.mark.usefixtures("servers")
async def test_stuck_orders_are_not_none_where_there_is_nothing_to_look_into(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, (line,) = await command(capsys, "status", "--stuck")
    assert (status, out) == (FAILED, "")
    assert "no database or container orders/" in line


@pytest.mark.parametrize(
    ("database", "container", "arguments"),
    [
        ("shipping", "shipments", ("status", "ord-1")),
        ("payments", "gateway-ledger", ("status", "ord-1")),
        ("payments", "payments", ("audit",)),
        ("inventory", "items", ("audit",)),
        ("shipping", "dead-letters", ("dead-letters", "list")),
        ("shipping", "dead-letters", ("status", "--stuck")),
    ],
)
async def test_one_container_that_is_missing_is_named(
    shelves: Shelves, capsys: pytest.CaptureFixture[str], database: str, container: str, arguments: tuple[str, ...]
) -> None:
    await shelves.order("ord-1")
    await shelves.cosmos.client.get_database_client(database).delete_container(container)
    status, out, (line,) = await command(capsys, *arguments)
    assert (status, out) == (FAILED, "")
    assert f"{database}/{container}" in line


@pytest.mark.parametrize("arguments", [*LOOKING, ("status", "--stuck")], ids=" ".join)
async def test_a_key_that_is_refused_is_an_error(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    wrong = str(servers.settings.cosmos_connection_string).replace("AccountKey=C2", "AccountKey=D2")
    monkeypatch.setenv("COSMOS_CONNECTION_STRING", wrong)
    status, out, (line,) = await command(capsys, *arguments)
    assert (status, out) == (MISUSED, "")
    assert "refuses the key or identity" in line


@pytest.mark.usefixtures("shelves")
async def test_an_unknown_order_differs_from_one_that_could_not_be_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, _, (line,) = await command(capsys, "status", "ord-1")
    assert status == FAILED
    assert "no service knows an order ord-1" in line


async def test_the_audit_reads_every_row_whatever_the_page(shelves: Shelves) -> None:
    """Of everything there is more than a page, and what is wrong stands on the last one."""
    for number in range(7):
        order_id = f"ord-{number}"
        await shelves.order(order_id, status=OrderStatus.CANCELLED, facts=(Fact.PLACED, Fact.NOT_RESERVED))
        await shelves.put("inventory", "items", product(f"rosin-{number}", seeded=5 if number == 6 else 4))
        await shelves.put("payments", "gateway-ledger", charge(order_id))
    findings = await run_audit(shelves.cosmos, grace=MINUTE, settle=timedelta(0), environment=SIMULATED, page=TINY_PAGE)
    assert findings[0].figures["products"] == 7
    assert [one.subject for one in findings[0].violations] == ["rosin-6"]
    assert findings[1].figures["charges"] == 7
    assert findings[2].figures == {"CANCELLED": 7}
    assert len(findings[2].violations) == 7


async def test_dead_letters_and_stuck_orders_are_all_found_whatever_the_page(shelves: Shelves) -> None:
    for number in range(5):
        await shelves.order(f"ord-{number}", status=OrderStatus.PENDING, facts=(Fact.PLACED,))
        for service in NAMES:
            await shelves.letter(service, number, f"ord-{number}")
    stored = Stored(shelves.cosmos, TINY_PAGE)
    assert len(await find_letters(stored, NAMES)) == 20
    assert len(await find_letters(stored, NAMES, saga_id="ord-3")) == 4
    report = await stuck_orders(stored, NOON, MINUTE, Standstill())
    assert [order.order_id for order in report.orders] == [f"ord-{number}" for number in range(5)]
    assert all(len(order.because) == 4 for order in report.orders)


async def test_an_order_that_has_ended_is_shown_as_long_as_a_dead_letter_of_it_is_open(shelves: Shelves) -> None:
    await shelves.order("ended", status=OrderStatus.COMPLETED, facts=(Fact.PLACED, Fact.SHIPPED))
    await shelves.letter("shipping", 1, "ended")
    await shelves.letter("shipping", 2, None)
    await shelves.letter("shipping", 3, "never-opened")
    report = await stuck_orders(Stored(shelves.cosmos), NOON, MINUTE, Standstill())
    assert report.other_letters == 1
    assert {order.order_id: order.status for order in report.orders} == {
        "ended": OrderStatus.COMPLETED,
        "never-opened": None,
    }
    assert {order.order_id: order.because[0][:16] for order in report.orders} == {
        "ended": "dead letter 0-1-",
        "never-opened": "dead letter 0-3-",
    }


BROKEN = [
    ("status", "DELIVERED", "status: "),
    ("facts", "PLACED", "facts: "),
    ("facts", [17], "facts.0: "),
    ("total", "much", "total: "),
    ("items", [{"product_id": "rosin"}], "items.0.quantity: "),
    ("handled", None, "handled"),
    ("handled", [], "handled is not a dict"),
    ("partition", None, "partition"),
    ("version", 99, "version 99 of the state is not known"),
]


@pytest.mark.parametrize(("name", "value", "problem"), BROKEN)
async def test_a_document_of_another_release_is_named_and_the_others_are_shown(
    shelves: Shelves, capsys: pytest.CaptureFixture[str], name: str, value: object, problem: str
) -> None:
    document = await shelves.order("strange", status=OrderStatus.PENDING, facts=(Fact.PLACED,))
    document.pop(name)
    await shelves.put("orders", "orders", document if value is None else document | {name: value})
    await shelves.order("late", status=OrderStatus.PENDING, facts=(Fact.PLACED,), deadline=NOON)

    status, out, (line,) = await command(capsys, "status", "strange", "--json")
    assert status == FAILED
    assert line.startswith("quartet: this release cannot read orders/orders/strange: ")
    assert problem in line
    (told,) = json.loads(out)["unreadable"]
    assert told["document"] == "orders/orders/strange"
    assert problem in told["problem"]

    report = await stuck_orders(Stored(shelves.cosmos), NOON + 2 * MINUTE, MINUTE, Standstill())
    assert [order.order_id for order in report.orders] == ["late"]
    assert [str(one).partition(": ")[0] for one in report.unparsed] == ["orders/orders/strange"]

    status, out, _ = await command(capsys, "audit", "--json", "--settle", "0")
    findings = json.loads(out)["invariants"]
    assert status == FAILED
    assert [one["subject"] for one in findings[5]["violations"]] == ["orders/orders/strange"]
    assert [one["subject"] for one in findings[4]["violations"]] == ["late"]


async def test_records_of_other_services_are_shown_beside_what_cannot_be_read(shelves: Shelves) -> None:
    await shelves.order("ord-1", status=OrderStatus.PENDING, facts=(Fact.PLACED,))
    strange = {"id": "ord-1", "pk": bucket_of("ord-1", 16), "partition": "1", "handled": {}, "order_id": "ord-1"}
    await shelves.put("shipping", "shipments", strange | {"status": "DELIVERED"})
    known = await whereabouts(Stored(shelves.cosmos), "ord-1")
    assert known.order is not None
    assert known.is_unread(SHIPPING.name)
    assert not any(known.is_unread(each.name) for each in (ORDER, INVENTORY, PAYMENT))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("body", None, "body: is missing"),
        ("body", "AAA", "body: Incorrect padding"),
        ("body", "AAAA", "body: it belongs to another dead letter, 0-1-"),
        ("dead_at", "yesterday", "dead_at: Invalid isoformat"),
        ("sequence_number", "1", "sequence_number: '1' is not of the right type"),
        ("saga_id", 7, "saga_id: 7 is not of the right type"),
        ("settled", {"outcome": "handled"}, "at: is missing"),
        ("properties", None, "properties: is missing"),
    ],
)
async def test_a_dead_letter_of_another_release_is_named_and_the_others_are_listed(
    shelves: Shelves, capsys: pytest.CaptureFixture[str], name: str, value: object, problem: str
) -> None:
    document = await shelves.letter("payment", 1, "ord-1")
    document.pop(name)
    await shelves.put("payments", "dead-letters", document if value is None else document | {name: value})
    await shelves.letter("payment", 2, "ord-1")
    status, out, (line,) = await command(capsys, "dead-letters", "list", "--all", "--json")
    assert status == FAILED
    assert [letter["sequence_number"] for letter in json.loads(out)] == [2]
    assert line.startswith(f"quartet: this release cannot read payments/dead-letters/{document['id']}: {problem}")

    status, out, (line,) = await command(capsys, "dead-letters", "show", document["id"])
    assert (status, out) == (FAILED, "")
    assert f"cannot read payments/dead-letters/{document['id']}: {problem}" in line


async def test_a_dead_letter_that_cannot_be_read_is_an_error(
    shelves: Shelves, capsys: pytest.CaptureFixture[str]
) -> None:
    document = await shelves.letter("payment", 1, "ord-1")
    document.pop("body")
    await shelves.put("payments", "dead-letters", document)
    status, out, _ = await command(capsys, "dead-letters", "list")
    assert (status, out) == (FAILED, "")
    status, out, (line,) = await command(capsys, "dead-letters", "list", "--saga", "ord-1")
    assert (status, out) == (FAILED, "")
    assert document["id"] in line


@pytest.mark.parametrize(
    "document",
    [
        {"available_quantity": "many", "reserved_quantity": 0, "shipped_quantity": 0},
        {"available_quantity": 1, "reserved_quantity": 0},
        {"available_quantity": 1.5, "reserved_quantity": 0, "shipped_quantity": 0},
        {"id": "claim:ord-1", "state": "lent", "order_id": "ord-1", "quantity": 1},
        {"id": "claim:ord-1", "state": "held", "order_id": "ord-1"},
    ],
)
async def test_stock_that_cannot_be_read_is_named_by_the_audit(shelves: Shelves, document: dict[str, Any]) -> None:
    await shelves.put("inventory", "items", {"id": "bow", "product_id": "bow"} | document)
    findings = await run_audit(shelves.cosmos, grace=MINUTE, settle=timedelta(0), environment=SIMULATED)
    assert [one.subject for one in findings[5].violations] == [f"inventory/items/{document.get('id', 'bow')}"]


async def test_reading_names_the_place_that_is_missing(servers: Servers) -> None:
    stored = Stored(Cosmos(servers.cosmos, servers.settings))
    with pytest.raises(MissingError, match="shipping/shipments"):
        await stored.record(SHIPPING, "ord-1")
    with pytest.raises(MissingError, match="shipping/shipments"):
        [_ async for _ in stored.records(SHIPPING)]


def product(product_id: str, seeded: int) -> dict[str, Any]:
    counts = {"available_quantity": 4, "reserved_quantity": 0, "shipped_quantity": 0, "seeded_quantity": seeded}
    return {"id": product_id, "product_id": product_id} | counts


def charge(order_id: str) -> dict[str, Any]:
    return {
        "id": f"payment_{order_id}",
        "pk": bucket_of(order_id, 16),
        "order_id": order_id,
        "kind": "charge",
        "outcome": "charged",
        "amount": "1.00",
        "currency": "EUR",
        "payment_id": f"pay-{order_id}",
    }


async def test_an_order_that_cannot_be_read_is_not_taken_for_one_that_has_ended(shelves: Shelves) -> None:
    document = await shelves.order("strange", status=OrderStatus.COMPLETED)
    await shelves.put("orders", "orders", document | {"status": "ARCHIVED"})
    await shelves.order("ended", status=OrderStatus.COMPLETED)
    known = await wait_until_settled(shelves.cosmos, ["strange", "ended"], seconds=0, at_most=0)
    assert list(known) == ["ended"]
