"""A payment provider of the deployment's own, in another process: orders end, the audit reads its books, and no tool
acts in its place."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from quartet.engine.failures.timeouts import stretched
from quartet.events import bucket_of, to_json
from quartet.local.supervisor import Process, Supervisor
from tests.faults.operator import module_fails, quartet, quartet_apart, quartet_fails
from tests.faults.test_dead_letters import until_dead
from tests.provider.__main__ import API_KEY
from tests.saga.shop import Logs, Shop, address, cancellation, order, running_shop

pytestmark = pytest.mark.asyncio(loop_scope="module")

GATEWAY = "tests.provider.adapter:open_gateway"
BLIND = "tests.provider.adapter:open_blind_gateway"
ROOT = Path(__file__).parents[2]


class Provider:
    """The provider, as its dashboard shows it."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def environment(self) -> dict[str, str]:
        """What the services need to know."""
        return {"PAYMENT_GATEWAY": GATEWAY, "PROVIDER_URL": self.url, "PROVIDER_KEY": API_KEY}

    async def call(self, verb: str, path: str, key: str = "", **body: str) -> dict[str, Any]:
        """Call it as another client than payment."""
        headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": key}
        async with aiohttp.request(verb, self.url + path, json=body or None, headers=headers) as response:
            assert response.status == 200
            return dict(await response.json())

    async def books(self, order_id: str) -> Counter[tuple[str, str]]:
        """What it has done for an order, and how often."""
        found: Counter[tuple[str, str]] = Counter()
        after: int | None = 0
        while after is not None:
            page = await self.call("GET", f"/entries?after={after}")
            found.update((one["kind"], one["status"]) for one in page["data"] if one["reference"] == order_id)
            after = page["next"]
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Provider]:
    url_file = tmp_path_factory.mktemp("provider") / "url"
    async with Supervisor(Logs()) as supervisor:
        await supervisor.start(Process("provider", "tests.provider", (str(url_file),)), ready_line="ready")
        yield Provider(url_file.read_text())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> AsyncIterator[Shop]:
    """The services alone know the provider: what an operator joins by says `simulated`, as the local stack does."""
    data_dir = tmp_path_factory.mktemp("own-provider")
    async with running_shop(
        data_dir, replicas=1, PYTHONPATH=str(ROOT), CHECKPOINT_SECONDS="0.1", **provider.environment
    ) as running:
        await running.stock(theorbo=20)
        yield running


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + stretched(60)
    while not await is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)  # a pause between two looks at a condition


def broken(findings: Any) -> list[int]:  # noqa: ANN401 -- JSON
    """The numbers of the invariants that do not hold."""
    return [one["number"] for one in findings["invariants"] if one["violations"]]


async def test_orders_end_and_the_audit_reads_the_providers_books(shop: Shop, provider: Provider) -> None:
    await shop.publish(
        order("own-1", {"theorbo": 2}),
        order("own-2", {"theorbo": 1}, shipping_address=address("AQ")),
        order("own-3", {"theorbo": 1}, payment_method="tok_declined"),
    )
    await shop.until("own-1", "COMPLETED")
    for order_id in ("own-2", "own-3"):
        await shop.until(order_id, "CANCELLED")
    await shop.until_stored("inventory", "own-1", lambda reservation: reservation["status"] == "SHIPPED")
    assert await provider.books("own-1") == {("charge", "succeeded"): 1}
    assert await provider.books("own-2") == {("charge", "succeeded"): 1, ("refund", "succeeded"): 1}
    assert await shop.rows("payments", "gateway-ledger", "own-1") == []

    status, findings = await quartet(shop, "audit", **provider.environment)
    assert (status, broken(findings)) == (0, [])
    assert findings["invariants"][1]["figures"] == {"charges": 2, "refunds": 1, "shipments": 1}
    assert findings["invariants"][3]["figures"]["charged"] == "30.00 EUR"


@pytest.mark.parametrize("name", ["simulated", "", BLIND])
async def test_the_audit_does_not_look_into_other_books_than_the_services(shop: Shop, name: str) -> None:
    status, line = await quartet_fails(shop, "audit", PAYMENT_GATEWAY=name)
    assert status == 2
    assert f"payment runs with PAYMENT_GATEWAY={GATEWAY}, and here PAYMENT_GATEWAY is" in line


async def test_the_audit_says_that_it_could_not_look(shop: Shop, provider: Provider) -> None:
    """A gateway without a ledger, a provider that does not answer, a key that it refuses: none is an all-clear."""
    away = await quartet_fails(shop, "audit", **provider.environment | {"PROVIDER_URL": "http://127.0.0.1:9"})
    assert away[0] == 1
    assert "does not answer: the provider cannot be reached" in away[1]
    refused = await quartet_fails(shop, "audit", **provider.environment | {"PROVIDER_KEY": "guess"})
    assert refused == (2, f"quartet: PAYMENT_GATEWAY={GATEWAY}: the provider refuses the key: check PROVIDER_KEY")
    deployment = shop.container("payments", "deployment")
    await deployment.upsert_item({"id": "ports", "names": {"PAYMENT_GATEWAY": BLIND}})
    blind = await quartet_fails(shop, "audit", **provider.environment | {"PAYMENT_GATEWAY": BLIND})
    await deployment.upsert_item({"id": "ports", "names": {"PAYMENT_GATEWAY": GATEWAY}})
    assert blind[0] == 2
    assert "the audit could not look at charges and refunds" in blind[1]


async def test_a_redrive_acts_with_the_services_own_port_whatever_the_operator_has(
    shop: Shop, provider: Provider
) -> None:
    await shop.publish(order("own-4", {"theorbo": 1}, payment_method="tok_broken"))
    await until_dead(shop, "payments", "own-4", 1)
    redrive = ("dead-letters", "redrive", "--all")
    for changes in ({}, {"PAYMENT_GATEWAY": ""}, {"PAYMENT_GATEWAY": BLIND}):
        status, [report] = await quartet(shop, *redrive, **changes)
        assert (status, report["became"]) == (1, "still failing")
    assert await shop.ledger("own-4") == []
    assert await provider.books("own-4") == {}

    await provider.call("POST", "/mend")
    status, reports = await quartet(shop, *redrive)
    assert (status, [report["became"] for report in reports]) == (0, ["handled"])
    await shop.until("own-4", "COMPLETED")
    assert await provider.books("own-4") == {("charge", "succeeded"): 1}
    assert await shop.ledger("own-4") == ["booked"]


async def test_a_request_to_a_service_that_does_not_run_is_done_when_it_runs(shop: Shop, provider: Provider) -> None:
    """Payment is killed, and asked meanwhile. The command says so; the request is not lost."""
    await provider.call("POST", "/break")
    await shop.publish(order("own-5", {"theorbo": 1}, payment_method="tok_broken"))
    await until_dead(shop, "payments", "own-5", 1)
    await shop.supervisor.kill("payment")
    await provider.call("POST", "/mend")
    status, line = await quartet_fails(shop, "dead-letters", "redrive", "--saga", "own-5", "--timeout", "0.5")
    assert status == 1
    assert line.startswith("quartet: payment: no answer to 1 of 1 requests within 0.5 s. Does it run (quartet doctor)?")
    assert "stay in the hub, and are done when it runs" in line
    await shop.supervisor.restart("payment")
    await shop.until("own-5", "COMPLETED")
    assert await provider.books("own-5") == {("charge", "succeeded"): 1}
    status, timeline = await quartet(shop, "timeline", "own-5")
    assert status == 0
    assert [said["type"] for said in timeline if said["type"].startswith("Redrive")] == [
        "RedriveRequested.v1",
        "RedriveReported.v1",
    ]


async def test_a_service_that_is_killed_while_it_redrives_charges_once_and_is_reported_once(
    shop: Shop, provider: Provider
) -> None:
    """SIGKILL between the charge and its answer: the request is delivered again, and the operator still waits."""
    await provider.call("POST", "/break")
    await shop.publish(order("own-6", {"theorbo": 1}, payment_method="tok_broken"))
    await until_dead(shop, "payments", "own-6", 1)
    await provider.call("POST", "/mend")
    await provider.call("POST", "/hold")
    redriving = asyncio.create_task(quartet_apart(shop, "dead-letters", "redrive", "--saga", "own-6"))

    async def is_charged() -> bool:
        assert not redriving.done(), redriving.result()
        return await provider.books("own-6") == {("charge", "succeeded"): 1}

    await until(is_charged)
    # The partition continues meanwhile, and its checkpoint must not pass the request.
    beside = next(f"own-6-{n}" for n in range(1000) if bucket_of(f"own-6-{n}", 16) == bucket_of("own-6", 16))
    await shop.publish(order(beside, {"theorbo": 1}))
    await shop.until(beside, "COMPLETED")
    await shop.supervisor.kill("payment")
    await provider.call("POST", "/release")
    assert (await shop.container("payments", "payments").read_item("own-6", bucket_of("own-6", 16)))["parked"]
    await shop.supervisor.restart("payment")
    status, reports = await redriving
    assert (status, [(one["saga_id"], one["became"]) for one in reports]) == (0, [("own-6", "handled")])
    await shop.until("own-6", "COMPLETED")
    assert await provider.books("own-6") == {("charge", "succeeded"): 1}
    status, timeline = await quartet(shop, "timeline", "own-6")
    types = [said["type"] for said in timeline]
    assert (status, types.count("RedriveRequested.v1"), types.count("RedriveReported.v1")) == (0, 1, 1)
    assert types.count("PaymentCompleted.v1") == 1


async def test_a_service_that_does_not_know_the_request_is_not_asked(shop: Shop, provider: Provider) -> None:
    """A release that does not know it would keep it as a dead letter that blocks the order."""
    await provider.call("POST", "/break")
    await shop.publish(order("own-7", {"theorbo": 1}, payment_method="tok_broken"))
    await until_dead(shop, "payments", "own-7", 1)
    await provider.call("POST", "/mend")
    deployment = shop.container("payments", "deployment")
    await deployment.delete_item("release", "release")  # as a database of an earlier release has none
    said = await quartet_fails(shop, "dead-letters", "redrive", "--saga", "own-7")
    line = "quartet: payment runs a release that cannot be asked to redrive: nothing was asked."
    assert said == (1, f"{line} Upgrade it, and start it once")
    await shop.supervisor.kill("payment")
    await shop.supervisor.restart("payment")

    async def is_recorded() -> bool:
        return bool([one async for one in deployment.read_all_items() if one["id"] == "release"])

    await until(is_recorded)
    status, [report] = await quartet(shop, "dead-letters", "redrive", "--saga", "own-7")
    assert (status, report["became"]) == (0, "handled")
    await shop.until("own-7", "COMPLETED")


async def test_a_command_that_runs_no_handler_needs_no_port(shop: Shop) -> None:
    """A dead letter of an event that no service can read: it is listed, planned and discarded without a gateway."""
    unknown = {**to_json(cancellation("own-9")), "type": "OrderEaten.v1"}
    await shop.publish_for("own-9", unknown)
    await until_dead(shop, "payments", "own-9", 1)
    nothing = {"PAYMENT_GATEWAY": "", "CARRIER": ""}
    chosen = ("--saga", "own-9", "--service", "payment")
    status, [letter] = await quartet(shop, "dead-letters", "list", *chosen, **nothing)
    assert (status, letter["reason"]) == (0, "unknown_type")
    assert (await quartet(shop, "dead-letters", "redrive", *chosen, "--dry-run", **nothing))[0] == 0
    status, [report] = await quartet(shop, "dead-letters", "discard", letter["id"], "--service", "payment", **nothing)
    assert (status, report["became"]) == (0, "discarded")


async def test_the_simulated_bank_has_nothing_to_say_about_another_gateway(shop: Shop, provider: Provider) -> None:
    for changes in (provider.environment, {}, {"PAYMENT_GATEWAY": ""}):
        status, line = await module_fails(shop, "services.payment.bank", "own-2", **changes)
        assert status == 2
        assert line.startswith("bank: ")
        assert "PAYMENT_GATEWAY" in line
    assert await shop.ledger("own-2") == ["not_served"]


async def test_a_second_charge_in_the_providers_books_is_found(shop: Shop, provider: Provider) -> None:
    await provider.call("POST", "/charges", "by-hand", amount="20.00", currency="EUR", method="tok", reference="own-1")
    status, findings = await quartet(shop, "audit", "--settle", "0", **provider.environment)
    assert (status, broken(findings)) == (1, [2, 4])
    assert findings["invariants"][1]["violations"] == [{"subject": "own-1", "what": "2 charges"}]
