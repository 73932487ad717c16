"""One command line in this process, as a shell would run it, for tests that try thousands of them."""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from quartet.cli.main import run

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def bounded(examples: int) -> settings:
    """Few examples and always the same; with FUZZ_EXAMPLES that many, other ones each time."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


WORD: Final = st.text(
    # What a shell can pass: no NUL, and bytes that are no UTF-8 as Python shows them. No slash: files stay in the
    # directory of the test.
    st.one_of(
        st.characters(exclude_characters="\0/", exclude_categories=["Cs"]),
        st.characters(codec=None, min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]),
    ),
    max_size=30,
).filter(lambda word: word not in {".", ".."})


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line has ended."""

    status: int
    out: str
    err: str


def shell(arguments: Sequence[str], stdin: bytes = b"") -> Ended:
    """Run a command line with streams like those of a pipe.

    Raises:
        AssertionError: it has not ended as one that a person got wrong, or got right.
    """
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", given):
        status = run(arguments)
    ended = Ended(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))
    assert status in {0, 1, 2}, ended
    assert "a bug in quartet" not in ended.err, ended
    assert "Traceback" not in ended.out + ended.err, ended
    assert status == 0 or ended.err or ended.out, "a failure that says nothing"
    return ended
