"""Orders through the whole stack, from the image alone: the same test for every way of running it."""

import json
import subprocess
import time
from collections import Counter

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.version import __version__
from tests.images.compose_stack import ComposeStack
from tests.images.stack import CONSOLE, SERVICES, Stack

pytestmark = pytest.mark.timeout(1200)  # the first test builds and starts everything


def said(done: subprocess.CompletedProcess[str], stack: Stack) -> str:
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{stack.logs()}"
    return done.stdout


def test_the_image_has_the_version_of_the_checkout(stack: Stack) -> None:
    assert said(stack.cli("--version"), stack) == f"quartet {__version__}\n"


def test_every_order_ends(stack: Stack) -> None:
    published = stack.cli("publish", "samples/orders.jsonl", "--wait", "--timeout", f"{stretched(120):.0f}", "--json")
    ended = Counter(order["status"] for order in json.loads(said(published, stack)).values())
    assert ended.keys() == {"COMPLETED", "CANCELLED"}
    assert ended.total() == 43


def test_a_compensated_order_can_be_followed(stack: Stack) -> None:
    story = said(stack.cli("timeline", "ord-1034", "--json"), stack)
    for event in ("OrderCreated.v1", "ShippingFailed.v1", "PaymentRefunded.v1", "OrderCancelled.v1"):
        assert event in story


def test_the_console_has_seen_every_order_end(stack: Stack) -> None:
    deadline = time.monotonic() + stretched(60)
    while True:
        overview = json.loads(said(stack.page("/api/overview"), stack))
        if overview["sagas"] >= 43 and overview["open"] + overview["compensating"] == 0:
            break
        assert time.monotonic() < deadline, f"{overview}\n{stack.logs()}"
        time.sleep(0.5)  # another process follows the hub
    assert overview["following"] is True
    assert overview["ended"].keys() == {"OrderCompleted.v1", "OrderCancelled.v1"}
    saga = json.loads(said(stack.page("/api/sagas/ord-1034"), stack))
    assert next(event["type"] for event in saga["events"]) == "OrderCreated.v1"
    assert saga["row"]["reason"] == "address_not_served"


def test_the_console_may_act_here_and_says_so(stack: Stack) -> None:
    assert json.loads(said(stack.page("/api/app"), stack))["can_act"] is True


def test_stock_and_money_add_up(stack: Stack) -> None:
    findings = json.loads(said(stack.cli("audit", "--json"), stack))
    assert findings


def test_seeding_again_changes_nothing(stack: Stack) -> None:
    assert said(stack.cli("seed", "samples/catalogue.json"), stack).startswith("0 products created, 0 restocked")


def test_a_service_runs_in_three_replicas(stack: Stack) -> None:
    if not isinstance(stack, ComposeStack):
        pytest.skip("only Docker Compose numbers the replicas")
    stack.scale("inventory", 3)
    assert len(stack.containers("inventory")) == 3
    stack.scale("inventory", 1)


@pytest.mark.parametrize("service", [*SERVICES, CONSOLE])
def test_a_service_stops_on_sigterm(stack: Stack, service: str) -> None:
    """SIGTERM reaches Python, which finishes and exits with 0; killed, it would be 137."""
    assert stack.stop(service) == 0, stack.logs()
