"""`python -m tests.chaos`: exit status 0 if nothing was lost and nothing done twice, 1 with the offenders if not."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from quartet.cli.reading.connection import open_cosmos
from quartet.engine.failures.timeouts import stretched
from services.operations.seed.seeding import provision, seed
from tests.chaos import report
from tests.chaos.customers import Customers
from tests.chaos.director import Director
from tests.chaos.fleet import Fleet, running_fleet
from tests.chaos.scenario import CASTS
from tests.chaos.strangers import Strangers
from tests.chaos.verdict import Verdict, judge
from tests.chaos.workload import CATALOGUE, SCARCE, SOLD_OUT, make_workload

_MOST_MEMORY_MB = 400
_LIMIT = stretched(180.0)  # seconds without any progress, once everything is healed


def main() -> int:
    """Run, report, and say whether all is well."""
    arguments = _arguments()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    data_dir = Path(tempfile.mkdtemp(prefix="quartet-chaos-"))
    console.print(f"seed {arguments.seed}; data and logs in {data_dir}")
    verdict = asyncio.run(_run(arguments, data_dir, console))
    again = (
        f"python -m tests.chaos --style {arguments.style} --minutes {arguments.minutes:g} "
        f"--orders {arguments.orders} --seed {arguments.seed}"
    )
    if verdict.problems:
        console.print(
            f"{len(verdict.problems)} violations; logs are kept in {data_dir}/logs. Again: {again}", style="red"
        )
        return 1
    console.print(f"zero violations, zero open sagas, zero lost orders. Again: {again}", style="green")
    if not arguments.keep:
        shutil.rmtree(data_dir)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="how long to do harm (default: %(default)s)")
    parser.add_argument("--orders", type=int, default=3000, help="how many orders to place (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="of orders and harm")
    parser.add_argument("--style", choices=CASTS, default="choreographed", help="of the saga (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep data and logs also if all is well")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace, data_dir: Path, console: Console) -> Verdict:
    seconds = arguments.minutes * 60
    async with running_fleet(data_dir, arguments.style) as fleet, AsyncExitStack() as background:
        await _start(fleet)
        workload = make_workload(arguments.orders, seconds, arguments.seed)
        customers = Customers(fleet.settings)
        strangers = Strangers(fleet.settings)
        director = Director(fleet, customers, arguments.seed, console)
        for forever in (fleet.watch_over(), fleet.ask_health()):
            task = asyncio.create_task(forever)
            background.callback(task.cancel)
        await asyncio.gather(
            customers.send_all(workload.sendings),
            strangers.send_all(max(1, arguments.orders // 20), seconds, arguments.seed),
            director.play(seconds),
        )
        healed = time.monotonic()
        console.print("healed; waiting for quiet")
        expected = workload.expected | director.probed
        verdict = await judge(fleet.settings, expected, strangers.sent, fleet.cast.application, limit=_LIMIT)
        verdict.problems += [
            (name, f"took {size} MB, more than {_MOST_MEMORY_MB}")
            for name, size in fleet.peak_mb.items()
            if size > _MOST_MEMORY_MB
        ]
        verdict.problems += [("a process", f"died unexpectedly: {text}") for text in report.died_by_themselves(fleet)]
        console.print(
            f"{len(expected)} orders, {customers.published} events published, {customers.repeated} sends repeated, "
            f"{len(strangers.sent)} unreadable messages; "
            f"quiet after {time.monotonic() - healed:.1f} s"
        )
        report.show_faults(console, director.injected)
        report.show_recoveries(console, director.recoveries)
        report.show_suppressed(console, fleet)
        report.show_verdict(console, verdict)
    return verdict


async def _start(fleet: Fleet) -> None:
    await fleet.start_emulators()
    async with open_cosmos(fleet.settings) as cosmos:
        await provision(cosmos)
        await seed(cosmos, [*CATALOGUE, SOLD_OUT, SCARCE])
    await fleet.start_services()


if __name__ == "__main__":
    sys.exit(main())
