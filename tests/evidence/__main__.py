"""`python -m tests.evidence azure|compose`: exit status 0 if every step has passed and everything is removed."""

import argparse
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.evidence.azure import Azure, Waits
from tests.evidence.azure_deployment import Deployment
from tests.evidence.collecting import Target, collect
from tests.evidence.compose import Compose
from tests.evidence.runner import ROOT, EvidenceError, Runner
from tests.evidence.shop import Load


def main() -> int:
    """Collect evidence, and say in one line why not if that cannot begin."""
    arguments = _arguments()
    directory = arguments.out or ROOT / "evidence" / f"{arguments.where}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    runner = Runner(directory / "logs")
    target = _target(arguments, runner)
    try:
        return collect(target, runner, directory, agreed=arguments.yes)
    except EvidenceError as error:
        print(f"evidence: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("evidence: interrupted, nothing was created", file=sys.stderr)
        return 1
    finally:
        runner.stop_all()


def _target(arguments: argparse.Namespace, runner: Runner) -> Target:
    load, chaos = Load(arguments.rate, arguments.seconds), Load(arguments.rate, arguments.chaos_seconds)
    if arguments.where == "compose":
        return Compose(runner, load, chaos)
    waits = Waits(arguments.ready_seconds, arguments.pause, arguments.metrics_seconds)
    operator = os.environ.get("OPERATOR_PRINCIPAL_ID", "")
    deployment = Deployment(runner, arguments.name, arguments.location, operator=operator)
    return Azure(runner, deployment, load, chaos, waits)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description=__doc__)
    places = parser.add_subparsers(dest="where", required=True)
    azure = places.add_parser("azure", help="deploy dev to a subscription, measure, and delete it")
    azure.add_argument("--location", default="westeurope", help="the region (default: %(default)s)")
    name = f"qev-{secrets.token_hex(4)}"
    azure.add_argument("--name", default=name, help="of the environment, at most 18 characters")
    azure.add_argument("--ready-seconds", type=float, default=1500.0, help="how long to wait for roles")
    azure.add_argument("--pause", type=float, default=15.0, help="seconds between two looks")
    azure.add_argument("--metrics-seconds", type=float, default=300.0, help="how long metrics take")
    compose = places.add_parser("compose", help="start the stack of docker-compose.yml, measure, and remove it")
    for place, rate, seconds, chaos_seconds in ((azure, 10.0, 300.0, 600.0), (compose, 5.0, 60.0, 180.0)):
        place.add_argument("--yes", action="store_true", help="do not ask")
        place.add_argument("--out", type=Path, help="a directory for the report and the logs")
        place.add_argument("--rate", type=float, default=rate, help="orders a second (default: %(default)s)")
        place.add_argument("--seconds", type=float, default=seconds, help="of the load (default: %(default)s)")
        place.add_argument("--chaos-seconds", type=float, default=chaos_seconds, help="of the load with chaos")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
