"""Real processes record, the command writes files, and the files are run again."""

import asyncio
import io
import json
import os
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from quartet.cli.failures import FAILED
from quartet.cli.main import run
from quartet.replay.file import read_recordings
from quartet.replay.recording import Recording
from tests.saga.shop import LIMIT, Shop, address, cancellation, order, running_shop


async def quartet(shop: Shop, *words: str) -> tuple[int, str, str]:
    """The exit status of a command, its output, and its remarks."""
    return await asyncio.to_thread(_run, shop, words)


def _run(shop: Shop, words: Sequence[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, shop.environment), redirect_stdout(out), redirect_stderr(err):
        status = run(words)
    return status, out.getvalue(), err.getvalue()


async def exported(shop: Shop, path: Path, *sagas: str) -> str:
    """Write the recordings of these sagas, when all services have finished with them. Returns the remarks."""
    deadline = time.monotonic() + LIMIT
    while True:
        status, out, err = await quartet(shop, "recordings", *sagas)
        if status == 0:
            await asyncio.to_thread(path.write_text, out)
            return err
        assert "has not finished with the saga yet" in err
        assert time.monotonic() < deadline, err
        await asyncio.sleep(0.2)  # a pause between two looks at a condition


def calls(recording: Recording, participant: str) -> list[str]:
    """What a participant has asked its port."""
    [part] = [part for part in recording.parts if part.participant == participant]
    return [call["method"] for step in part.steps for call in step.calls or ()]


async def test_what_the_services_record_is_run_again_with_the_same_result(tmp_path: Path) -> None:
    """A saga that completes, two that fail, one whose gateway is silent once, and events that come twice."""
    file = tmp_path / "sagas.jsonl"
    sagas = ("good-1", "declined-2", "pole-2", "flaky-1", "twice-2")
    async with running_shop(tmp_path, replicas=1, RECORDING="on") as shop:
        await shop.stock(lantern=50)
        twice = order("twice-2", {"lantern": 1})
        await shop.publish(
            order("good-1", {"lantern": 1}),
            order("declined-2", {"lantern": 1}, payment_method="tok_declined"),
            order("pole-2", {"lantern": 1}, shipping_address=address("AQ")),
            order("flaky-1", {"lantern": 1}, payment_method="tok_flaky"),
            twice,
            twice,
            order("twice-2", {"lantern": 1}),
        )
        for saga, end in zip(sagas, ("COMPLETED", "CANCELLED", "CANCELLED", "COMPLETED", "COMPLETED"), strict=True):
            await shop.until(saga, end)
        await shop.publish(cancellation("good-1"), twice)
        assert await exported(shop, file, *sagas) == ""
        status, out, err = await quartet(shop, "verify-replay", *(word for saga in sagas for word in ("--saga", saga)))
        assert (status, err) == (0, ""), out
        status, out, err = await quartet(shop, "verify-replay", "--last", "3", "--json")
        assert (status, err, json.loads(out)["sagas"]) == (0, "", 3)
        status, out, err = await quartet(shop, "recordings", "--last", "100")
        assert (status, err, out.count('"recording"')) == (0, "", 5)
        shop.supervisor.pause("shipping")
        await shop.publish(cancellation("flaky-1"))
        status, out, err = await quartet(shop, "recordings", "flaky-1")
        assert (status, out) == (FAILED, "")
        assert (
            err == "quartet: flaky-1: shipping has not finished with the saga yet: see quartet status, and try again\n"
        )
        status, out, err = await quartet(shop, "recordings", "--last", "100")
        assert (status, out.count('"recording"')) == (0, 4)
        assert err == "left out, because a service has not finished with it: flaky-1\n"
        shop.supervisor.resume("shipping")

    status, out, err = await quartet(shop, "verify-replay", str(file))
    assert (status, err) == (0, ""), out
    assert out.startswith("5 sagas, ")
    assert out.endswith(" handled again: nothing differs\n")
    good, declined, pole, flaky, again = read_recordings(file)
    assert calls(good, "shipping") == ["book"]
    assert calls(declined, "inventory") == ["hold", "release"]
    assert calls(pole, "payment") == ["charge", "refund"]
    assert calls(flaky, "payment") == ["charge", "charge"]
    assert calls(again, "payment") == ["charge"]
    assert [event["type"] for event in again.events].count("OrderCreated.v1") == 2


async def test_what_was_not_recorded_is_said_and_is_no_all_clear(tmp_path: Path) -> None:
    file = tmp_path / "sagas.jsonl"
    async with running_shop(tmp_path, replicas=1) as shop:
        await shop.stock(candle=50)
        await shop.publish(order("dark-1", {"candle": 1}))
        document = await shop.until("dark-1", "COMPLETED")
        assert "recorded_runs" not in document
        assert "no record of what the port of order, inventory, payment, shipping" in await exported(
            shop, file, "dark-1"
        )
    status, out, _ = await quartet(shop, "verify-replay", str(file))
    assert status == FAILED
    assert "payment, at InventoryReserved.v1 of dark-1: it calls charge, and what that answered was not recorded" in out
    status, out, _ = await quartet(shop, "verify-replay", str(file), "--allow-missing")
    # Each participant needs its port for its first event, so nothing at all was compared.
    assert status == FAILED
    assert "order, at OrderCreated.v1 of dark-1: it uses deadline of its port, and that was not recorded" in out
    assert out.endswith("1 saga, 0 events handled again: nothing could be compared\n")
