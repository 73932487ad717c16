"""One line per event: for people, or for machines."""

import json
import subprocess
import sys

import pytest

from shared.runtime.timeouts import stretched

PROGRAM = """
import logging, sys, structlog
from shared.runtime.logs import configure_logs
configure_logs(sys.argv[1], "INFO", colors=False)
structlog.get_logger(service="payment").info("InventoryReserved.v1", order="o-1", outcome="charged", ms=1.2)
structlog.get_logger(service="payment").debug("not said")
logging.getLogger("azure.eventhub").warning("the link %s is gone", "7")
logging.getLogger("azure.eventhub").info("not said")
"""


def lines(log_format: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, log_format], capture_output=True, text=True, check=True, timeout=stretched(30)
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


def test_json_lines_are_one_object_each() -> None:
    ours, theirs = (json.loads(line) for line in lines("json"))
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {
        "event": "InventoryReserved.v1",
        "service": "payment",
        "order": "o-1",
        "outcome": "charged",
        "ms": 1.2,
        "level": "info",
    }
    assert (theirs["event"], theirs["level"]) == ("the link 7 is gone", "warning")


@pytest.mark.parametrize("part", ["InventoryReserved.v1", "order=o-1", "outcome=charged", "service=payment"])
def test_lines_for_people_name_everything(part: str) -> None:
    assert part in lines("console")[0]


def test_lines_for_people_say_what_the_sdk_warns_of() -> None:
    assert "the link 7 is gone" in lines("console")[1]
