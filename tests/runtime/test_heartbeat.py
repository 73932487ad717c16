"""A participant that runs says so at a fixed interval, whatever it has to do."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import structlog

from quartet.azure.settings import Settings
from quartet.engine.engine import Engine
from quartet.process.heartbeat import Heartbeat
from tests.runtime.fakes import Bench, messages, order_created, reserved

OWNED = 2


class Sleeps:
    """A sleep that notes how long it was to last, does something instead, and is cancelled after that."""

    def __init__(self, engine: Engine[Any], work: Sequence[Sequence[Any]]) -> None:
        self.engine = engine
        self.work = list(work)
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if not self.work:
            raise asyncio.CancelledError
        self.seconds.append(seconds)
        await self.engine.process("3", self.work.pop(0))


async def lines(bench: Bench, *work: Sequence[Any], behind: int | None = None) -> list[dict[str, Any]]:
    """What is logged while this work is done, a batch between two lines."""
    engine = bench.engine()
    sleeps = Sleeps(engine, work)
    with structlog.testing.capture_logs() as written:
        heartbeat = Heartbeat(
            engine,
            every=300,
            standing_seconds=60,
            partitions=lambda: OWNED,
            behind=lambda: behind,
            log=structlog.get_logger(),
            sleep=sleeps.sleep,
        )
        with pytest.raises(asyncio.CancelledError):
            await heartbeat.run()
    assert sleeps.seconds == [300] * len(work)
    return [dict(line) for line in written if line["event"] == "alive"]


async def test_it_is_written_with_and_without_work() -> None:
    first, second = messages(order_created("o-1"), reserved("o-1")), messages(order_created("o-2"), start=9)
    written = await lines(Bench(), first, [], second)
    assert [line["finished"] for line in written] == [2, 0, 1]
    assert {(line["log_level"], line["partitions"], line["stalled"]) for line in written} == {("info", 2, 0)}


async def test_what_became_a_dead_letter_is_finished() -> None:
    (line,) = await lines(Bench(), messages(b"no event"))
    assert line["finished"] == 1


@pytest.mark.parametrize(("behind", "said"), [(7, {"behind": 7}), (0, {"behind": 0}), (None, {})])
async def test_the_lag_is_said_if_it_is_known(behind: int | None, said: dict[str, int]) -> None:
    (line,) = await lines(Bench(), [], behind=behind)
    assert {name: value for name, value in line.items() if name == "behind"} == said


@pytest.mark.parametrize("seconds", ["0", "0.5", "301", "nan"])
def test_its_interval_has_bounds(seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer one would make the alert fire, a shorter one fill the log."""
    monkeypatch.setenv("HEARTBEAT_SECONDS", seconds)
    with pytest.raises(ValueError, match="heartbeat_seconds"):
        Settings(event_hubs_namespace="-", blob_account_url="https://-", cosmos_endpoint="https://-")
