"""`python -m tests.evidence.load`: a load on servers that run already, which settings in the environment name.

`quartet bench` starts its own servers and counts their requests. This begins the same sagas on any deployment, and
takes what the hub shows: when it took in the first event of a saga, and when the last one. Both are times of the hub,
so the clock of this machine does not matter. Nor does the way from here to the hub: it is in no figure.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from quartet.azure.settings import load_settings
from quartet.cli.bench.driving import Limits, WallClock, at_rate
from quartet.cli.bench.hearing import End, hearing
from quartet.cli.bench.latencies import percentile
from quartet.cli.bench.mixing import Beginning, mix_of
from quartet.cli.bench.sending import Clients, clients
from quartet.cli.bench.watching import Watch
from quartet.cli.publish.outgoing import event_of
from quartet.engine.declaration.workload import USUAL
from quartet.terminal.user_error import UserError
from services.shop import SHOP
from shared.events import OrderCreated

_FAILURES_PERCENT = 5


@dataclass(slots=True)
class Heard:
    """The sagas of a load, as the hub shows them.

    Attributes:
        begun: when the hub took in the first event of each saga.
    """

    watch: Watch = field(default_factory=Watch)
    begun: dict[str, float] = field(default_factory=dict)

    def hear(self, event: End) -> None:
        """An event of a saga, perhaps not of ours."""
        if event.type == OrderCreated.type:
            self.begun.setdefault(event.saga_id, event.at)
        else:
            self.watch.hear(event)

    def latencies(self) -> list[float]:
        """Milliseconds from the first event of each saga to its last one, in ascending order."""
        times = [(self.begun.get(end.saga_id), end.at) for _, end in self.watch.finished]
        return sorted(1000 * (ended - begun) for begun, ended in times if begun is not None)


async def put(rate: float, seconds: float, limit: float) -> dict[str, Any]:
    """Begin sagas at a rate for some seconds, and wait for their ends; returns the figures.

    Raises:
        UserError: a saga has not ended as it had to.
        OutageError: the hub does not answer.
        ConfigurationError: the settings cannot be used.
    """
    settings, heard, mix = load_settings(), Heard(), mix_of(SHOP, USUAL, _FAILURES_PERCENT)
    sagas = mix.sagas(f"evidence-{time.time_ns():x}-")
    async with hearing(settings, mix.ends | {OrderCreated.type}, heard.hear), clients(settings) as senders:
        began = datetime.now(UTC)
        await _send(rate, seconds, sagas, heard.watch, senders)
        await heard.watch.all_ended(limit)
        ended = datetime.now(UTC)
    if wrong := heard.watch.wrong():
        raise UserError(f"{len(wrong)} sagas are wrong, such as: {'; '.join(wrong[:5])}")
    return _figures(rate, began, ended, heard)


async def _send(rate: float, seconds: float, sagas: Iterator[Beginning], watch: Watch, senders: Clients) -> None:
    async def begin(due: float | None) -> None:
        beginning = next(sagas)
        event = event_of(beginning.data, datetime.now(UTC))
        async with senders.one() as send:
            watch.begin(beginning, due or 0.0)
            await send(event)

    await at_rate(rate, Limits(seconds, 1_000_000), begin, WallClock())


def _figures(rate: float, began: datetime, ended: datetime, heard: Heard) -> dict[str, Any]:
    latencies = heard.latencies()
    if len(latencies) != heard.watch.ended:
        raise UserError("the hub did not show the first event of every saga: there are no figures")
    seconds = (ended - began).total_seconds()
    return {
        "rate": rate,
        "began": began.isoformat(),
        "ended": ended.isoformat(),
        "seconds": round(seconds, 1),
        "sagas": len(latencies),
        "failing": sum(saga.beginning.fails for saga, _ in heard.watch.finished),
        "sagas_per_second": round(len(latencies) / seconds, 2),
        "latency_ms": {f"p{percent}": round(percentile(latencies, percent), 1) for percent in (50, 95, 99, 100)},
    }


def main() -> int:
    """Put the load on, and write its figures as JSON. One line on standard error and status 1 if it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.evidence.load", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=float, required=True, help="sagas a second")
    parser.add_argument("--seconds", type=float, required=True, help="for how long sagas are begun")
    parser.add_argument("--limit", type=float, default=120, help="seconds without an end after which it is wrong")
    arguments = parser.parse_args()
    try:
        figures = asyncio.run(put(arguments.rate, arguments.seconds, arguments.limit))
    except Exception as error:  # noqa: BLE001 -- one line for the report, whatever it is
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 -- for a program
        return 1
    print(json.dumps(figures))  # noqa: T201 -- for a program
    return 0


if __name__ == "__main__":
    sys.exit(main())
