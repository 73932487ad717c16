"""`python -m tests.sdk_suites`: run the SDKs' own suites against the emulators, and write down what came out."""

import argparse
import logging
import subprocess
import sys
from pathlib import Path

from quartet_emulators import EmulatorsError

from tests.sdk_suites import page, results
from tests.sdk_suites.kinds import verdict_of
from tests.sdk_suites.outcomes import Outcome, read_outcomes
from tests.sdk_suites.running import run
from tests.sdk_suites.source import unpack
from tests.sdk_suites.suites import FOLDER, SUITES, Suite


def main() -> int:
    """Run the suites; exit status 1 if less passes than must."""
    names = [suite.name for suite in SUITES]
    parser = argparse.ArgumentParser(prog="python -m tests.sdk_suites", description=__doc__)
    parser.add_argument("--suite", action="append", choices=names, help="only this one; may be repeated")
    parser.add_argument("--workers", type=int, help="modules that run at the same time")
    parser.add_argument("--only", default="*", metavar="GLOB", help="only modules of tests with such a name")
    parser.add_argument("--judge", action="store_true", help="run nothing: judge the outcomes of the last run again")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for name in ("quartet_emulators", "azure_emulators"):
        logging.getLogger(name).setLevel(logging.ERROR)  # what they refuse is in the outcomes
    found = {}
    for suite in [suite for suite in SUITES if suite.name in (arguments.suite or names)]:
        file = FOLDER / f"{suite.name}.jsonl"
        if not arguments.judge:
            unpack(suite)
            run(suite, file, workers=arguments.workers or suite.workers, only=arguments.only)
        outcomes = read_outcomes(file.read_text(encoding="utf-8").splitlines())
        _list(FOLDER / f"{suite.name}.txt", suite, outcomes)
        found[suite.name] = results.summary(suite, outcomes)
        print(suite.name, {kind: found[suite.name][kind] for kind in ("passed", "refused", "failed", "skipped")})
    results.save(found)
    page.main()
    less = results.missing(found)
    print(*less, sep="\n")
    return 1 if less else 0


def _list(file: Path, suite: Suite, outcomes: list[Outcome]) -> None:
    """Write down each test that did not pass, for those who repair it."""
    lines = []
    for outcome in outcomes:
        verdict = verdict_of(suite.name, outcome)
        if verdict.kind in {"refused", "failed"}:
            lines.append(f"{verdict.kind}: {verdict.reason}: {outcome.test}\n{outcome.text}\n")
    file.write_text("\n".join(sorted(lines)), encoding="utf-8")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EmulatorsError as error:  # such as: port 5671 is taken
        sys.exit(f"sdk-suites: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"sdk-suites: pip cannot download {error.cmd[-1]}; see above")
