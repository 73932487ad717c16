"""`python -m tests.simulation`: many runs, or one of them again."""

import argparse
import sys

from tests.simulation.campaign import run_campaign, smallest, story
from tests.simulation.exhaustive import CASES, explore
from tests.simulation.plan import make_plan
from tests.simulation.run import run_plan


def main() -> int:
    """Exit status 1 if a rule was broken."""
    arguments = _parser().parse_args()
    if arguments.run is not None:
        return _one(arguments.run, trace=arguments.trace, whole=arguments.whole)
    if arguments.exhaustive:
        found = explore(
            arguments.case or CASES,
            pairs=arguments.pairs,
            processes=arguments.processes,
            fail_fast=arguments.fail_fast,
        )
        print(found.text())
        return 1 if found.failed else 0
    report = run_campaign(arguments.sagas, arguments.seed, processes=arguments.processes, fail_fast=arguments.fail_fast)
    print(report.text())
    if not report.failed:
        return 0
    if not arguments.fail_fast:
        _one(next(iter(report.failed)), trace=True, whole=False)
    return 1


def _one(seed: int, *, trace: bool, whole: bool) -> int:
    plan = make_plan(seed)
    broken = run_plan(plan).broken
    if broken and not whole:
        print("cutting it down to what it needs to fail ...", file=sys.stderr)
        plan = smallest(plan)
    if trace or broken:
        print(story(plan))
    print(f"repeat it with: python -m tests.simulation --run {seed} --trace" if broken else "no rule is broken")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--sagas", type=int, default=8_000, help="how many at least")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--processes", type=int, default=1, help="how many processors to use")
    parser.add_argument(
        "--fail-fast", action="store_true", help="stop at the first broken rule, and do not look into it"
    )
    parser.add_argument("--run", type=int, metavar="SEED", help="this run alone; if it fails, cut down")
    parser.add_argument("--trace", action="store_true", help="with --run: show what happens also if all is well")
    parser.add_argument("--whole", action="store_true", help="with --run: do not cut it down")
    parser.add_argument("--exhaustive", action="store_true", help="one order, every fault at every request")
    parser.add_argument("--case", action="append", choices=list(CASES), help="with --exhaustive: this case alone")
    parser.add_argument("--pairs", action="store_true", help="with --exhaustive: all kinds, and delays with crashes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
