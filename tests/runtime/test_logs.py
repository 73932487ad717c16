"""One line per event: for people, or for machines."""

import asyncio
import errno
import io
import json
import re
import subprocess
import sys

import pytest

from quartet.engine.failures.timeouts import stretched
from quartet.process.logs import PAUSE_SECONDS, LogStream

PROGRAM = """
import logging, sys, structlog
from quartet.process.logs import configure_logs
configure_logs(sys.argv[1], "INFO", colors=False)
structlog.get_logger(service="payment").info("InventoryReserved.v1", order="o-1", outcome="charged", ms=1.2)
structlog.get_logger(service="payment").debug("not said")
logging.getLogger("azure.eventhub").warning("the link %s is gone", "7")
logging.getLogger("azure.eventhub").info("not said")
"""


def run_program(program: str, log_format: str) -> str:
    """What a program logs."""
    result = subprocess.run(
        [sys.executable, "-c", program, log_format], capture_output=True, text=True, check=True, timeout=stretched(30)
    )
    assert result.stderr == ""
    return result.stdout


def lines(log_format: str) -> list[str]:
    return run_program(PROGRAM, log_format).splitlines()


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


def test_lines_for_people_begin_with_what_fits_into_eighty_columns() -> None:
    ours, theirs, *_ = lines("console")
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3} InventoryReserved\.v1 +order=o-1 outcome=charged ms=1\.2 service=payment", ours
    )
    assert "[warning" in theirs


def test_lines_for_people_say_what_the_sdk_warns_of() -> None:
    assert "the link 7 is gone" in lines("console")[1]


class Pipe(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")


def test_a_stream_that_takes_nothing_costs_lines_and_raises_nothing() -> None:
    stream = LogStream(Pipe())
    stream.write("a line\n")
    stream.write("another\n")
    stream.flush()
    assert stream.lost == 2


class Counting(io.StringIO):
    """A stream that counts what it is asked to write."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


async def test_the_lines_of_one_turn_are_one_write() -> None:
    stream = LogStream(target := Counting())
    for number in range(5):
        stream.write(f"line {number}\n")
        stream.flush()
    assert target.getvalue() == ""
    await asyncio.sleep(0)
    assert target.getvalue().splitlines() == [f"line {number}" for number in range(5)]
    assert target.writes == 1


async def test_lines_soon_after_a_write_wait_for_each_other_for_a_moment() -> None:
    stream = LogStream(target := Counting())
    for number in range(3):
        stream.write(f"line {number}\n")
        stream.flush()
        await asyncio.sleep(0)
    assert (target.writes, target.getvalue()) == (1, "line 0\n")
    # Timers of one loop run in their order, and the one of the stream was set first.
    await asyncio.sleep(PAUSE_SECONDS)
    assert (target.writes, target.getvalue()) == (2, "line 0\nline 1\nline 2\n")


async def test_after_a_quiet_time_a_line_is_written_in_its_turn() -> None:
    stream = LogStream(target := Counting())
    for number in range(2):
        stream.write(f"line {number}\n")
        stream.flush()
        await asyncio.sleep(0)
        assert target.writes == number + 1
        await asyncio.sleep(PAUSE_SECONDS)


def test_a_loop_that_ended_in_a_pause_holds_up_no_line_of_the_next_one() -> None:
    stream = LogStream(target := Counting())

    async def say(text: str) -> None:
        stream.write(text)
        stream.flush()
        await asyncio.sleep(0)

    async def say_at_length() -> None:
        await say("third\n")
        await asyncio.sleep(PAUSE_SECONDS)

    asyncio.run(say("first\n"))
    asyncio.run(say("second\n"))
    assert target.getvalue() == "first\n"
    asyncio.run(say_at_length())
    assert target.getvalue() == "first\nsecond\nthird\n"


def test_without_an_event_loop_what_waited_for_one_is_written_first() -> None:
    stream = LogStream(target := Counting())

    async def say_two() -> None:
        for text in ("first\n", "second\n"):
            stream.write(text)
            stream.flush()
            await asyncio.sleep(0)

    asyncio.run(say_two())
    stream.write("third\n")
    stream.flush()
    assert target.getvalue() == "first\nsecond\nthird\n"


def test_without_an_event_loop_a_line_is_written_immediately() -> None:
    stream = LogStream(target := Counting())
    stream.write("stopped\n")
    stream.flush()
    assert target.getvalue() == "stopped\n"


def test_lines_that_a_loop_has_not_written_are_written_after_it() -> None:
    """The last lines of a process come after its loop, in the turn in which it ends, or in the pause after a write."""
    program = (
        "import asyncio, logging, structlog\n"
        "from quartet.process.logs import configure_logs\n"
        'configure_logs("console", "INFO", colors=False)\n'
        "logging.basicConfig(force=True)\n"  # an application's own, which flushes nothing of ours at the exit
        "async def main():\n"
        "    structlog.get_logger().info('the first line')\n"
        "    await asyncio.sleep(0)\n"
        "    structlog.get_logger().info('the last line')\n"
        "asyncio.run(main())\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=stretched(60))
    assert "the last line" in result.stdout.decode()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_that_the_encoding_lacks_are_escaped(encoding: str) -> None:
    raw = io.BytesIO()
    stream = LogStream(io.TextIOWrapper(raw, encoding=encoding))
    stream.write("Zoë → 東京 \ud800\n")
    stream.flush()
    shown = raw.getvalue().decode(encoding)
    assert "\\ud800" in shown
    assert ("東京" in shown) is (encoding == "utf-8")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_nothing_of_a_value_acts_on_the_terminal_or_forges_a_line(log_format: str) -> None:
    program = HOSTILE.replace("FORMAT", log_format)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=stretched(60))
    [line] = result.stdout.decode().splitlines()
    assert "\x1b" not in line
    assert "\x9b" not in line
    assert "owned" in line


HOSTILE = r"""
import structlog
from quartet.process.logs import configure_logs
configure_logs("FORMAT", "INFO", colors=False)
structlog.get_logger().info("said", id="\x1b[2J\x1b]0;owned\x07 \u202e \x9b1m\nforged line\r", other=7)
"""


def test_a_traceback_neither_acts_on_the_terminal_nor_looks_like_another_line() -> None:
    result = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, check=True, timeout=stretched(60))
    first, *others = result.stdout.decode().splitlines()
    assert "failed" in first
    assert any("RuntimeError: \\x1b[2Jowned" in line for line in others)
    assert all(line.isprintable() for line in [first, *others])
    assert all(line.startswith("    ") for line in others if line)


FAILING = r"""
import structlog
from quartet.process.logs import configure_logs
configure_logs("console", "INFO", colors=False)
class Odd:
    def __repr__(self): return "\x1b[2J\nforged"
try:
    raise RuntimeError("\x1b[2Jowned\n00:00 [info] forged\r")
except RuntimeError:
    structlog.get_logger().exception("failed", odd=Odd())
"""


# The values are in pieces: from Python 3.13 on, a traceback shows the lines of such a program.
REFUSING = """
import sys, structlog
from pydantic import BaseModel
from quartet.engine.errors import one_line
from quartet.process.logs import configure_logs

class Address(BaseModel):
    street: int
    city: int

configure_logs(sys.argv[1], "INFO", colors=False)
log = structlog.get_logger(service="payment")
try:
    Address.model_validate({"street": "12 Ro" "se Lane, input_type=", "city": "Ro" "setown"})
except ValueError as error:
    log.exception("handler failed", error=one_line(error))
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_values_that_pydantic_quotes_are_in_no_line(log_format: str) -> None:
    """They may be personal data. The field and the rule stay."""
    said = run_program(REFUSING, log_format)
    assert "Rose" not in said
    assert said.count("street") >= 2  # in the error, and in the traceback
    assert said.count("unable to parse string as an integer") == 4
