"""The checked-in recordings: the shop would still do what it did, and a changed rule is noticed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.testing import save_recordings, verify_replay
from services.shop import SHOP
from tests.mutants.mutant import Mutant, mutant
from tests.recordings.acts import ACTS, SAMPLES, recorded

ROOT = Path(__file__).parents[2]
FILES = sorted((SAMPLES / "recordings").glob("*.jsonl"))
HANDLERS = "services/payment/handlers.py"
CHARGE = "    answer = await gateway.charge(\n        charge_key(reserved.order_id),\n        reserved.total,\n"
CHARGED = "payment, at InventoryReserved.v1 of {}said PaymentCompleted.v1, would now say PaymentFailed.v1"
NOT_RESERVED = "InventoryReservationFailed.v1"

PLANTED = {
    "a limit": (
        mutant(
            "payment declines large amounts",
            HANDLERS,
            CHARGE,
            "    if reserved.total > 300:\n"
            '        return domain.failed(reserved.order_id, PaymentRefusal.PAYMENT_DECLINED, "too much")\n' + CHARGE,
        ),
        CHARGED.format("late-1: called charge, would no longer call it; "),
        'PaymentFailed.v1 reason: would be "payment_declined"',
    ),
    "another reason": (
        mutant(
            "inventory says another reason",
            "services/inventory/domain.py",
            "StockRefusal.OUT_OF_STOCK if shortages",
            "StockRefusal.STOCK_UNAVAILABLE if shortages",
        ),
        f"inventory, at OrderCreated.v1 of ord-1028: said {NOT_RESERVED}, would now say it with other data",
        f'{NOT_RESERVED} reason: was "out_of_stock", would now be "stock_unavailable"',
    ),
    "another amount": (
        mutant("payment charges twice the total", HANDLERS, CHARGE, CHARGE.replace("total,", "total * 2,")),
        "payment, at InventoryReserved.v1 of ord-1001: called charge, would now call it with other arguments",
        "",
    ),
    "another way to give up": (
        mutant(
            "payment fails although it has charged",
            HANDLERS,
            "return domain.charged(event.data, answer.payment_id)",
            "return domain.failed(event.data.order_id, PaymentRefusal.GATEWAY_UNAVAILABLE)",
        ),
        CHARGED.format("silent-gateway-1: "),
        "",
    ),
    "a memory": (
        mutant(
            "the order notes no total", "services/order/domain.py", 'note=f"{order.total} {order.currency}"', 'note=""'
        ),
        "order, in ord-1001: its state at the end differs",
        'history.0.note: was "85.90 EUR", would now be ""',
    ),
}


def test_the_shop_would_still_do_what_it_did() -> None:
    assert len(FILES) == len(ACTS)
    verdict = verify_replay(SHOP, *FILES)
    assert (verdict.sagas, verdict.findings, verdict.notes) == (38, (), ())


@pytest.mark.parametrize("name", ACTS)
def test_the_recordings_are_those_of_this_code(name: str, tmp_path: Path) -> None:
    world, sagas = recorded(name)
    save_recordings(world, tmp_path / "again.jsonl", sagas)
    kept = SAMPLES / "recordings" / f"{name}.jsonl"
    assert (tmp_path / "again.jsonl").read_text() == kept.read_text(), "see make recordings"


def test_what_can_happen_is_in_the_recordings() -> None:
    lines = [json.loads(line) for file in FILES for line in file.read_text().splitlines()]
    steps = [line for line in lines if "by" in line]
    assert {step["outcome"] for step in steps} == {"decided", "owed", "ignored"}
    calls = [call for step in steps for call in step["calls"] or ()]
    assert {call["method"] for call in calls} >= {"hold", "release", "ship", "charge", "refund", "void", "book"}
    assert any("error" in call for call in calls)


@pytest.mark.parametrize("name", PLANTED)
def test_a_changed_rule_is_noticed(name: str, tmp_path: Path) -> None:
    planted, line, detail = PLANTED[name]
    done = verified_with(planted, tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    said = done.stdout.splitlines()
    assert line in said
    assert f"    {detail}" in said or not detail
    assert " difference" in said[-1]


def verified_with(planted: Mutant, root: Path) -> "subprocess.CompletedProcess[str]":
    """What `quartet verify-replay` says of a copy of the shop that has this change."""
    for package in ("services", "shared"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    planted.plant(root)
    quartet = ("-c", "from quartet.cli.main import main; main()", "--app", "services.shop:SHOP")
    return subprocess.run(
        [sys.executable, *quartet, "verify-replay", *map(str, FILES)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=stretched(120),
        check=False,
    )
