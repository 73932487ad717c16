"""One setting stretches every limit on waiting for a process or a server."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from quartet.engine.errors import ConfigurationError
from quartet.engine.failures.timeouts import VARIABLE, stretched

ROOT = Path(__file__).parents[2]
# The emulators import nothing of ours. A clock that jumps needs no limit.
LOOKED_AT = ("quartet", "tests")
ON_A_CLOCK_OF_THEIR_OWN = (
    "tests/deployment/test_await_http.py",
    "tests/cli/test_waiting.py",
    "quartet/testing/running.py",
    "quartet/testing/cluster/",
)


@pytest.mark.parametrize(("factor", "limit"), [(None, 30), ("", 30), ("1", 30), ("4", 120), ("1.5", 45)])
def test_a_limit_is_multiplied(monkeypatch: pytest.MonkeyPatch, factor: str | None, limit: float) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if factor is not None:
        monkeypatch.setenv(VARIABLE, factor)
    assert stretched(30) == limit


@pytest.mark.parametrize("factor", ["0.5", "0", "-1", "four", "nan", "inf"])
def test_a_factor_that_is_none_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, factor: str) -> None:
    monkeypatch.setenv(VARIABLE, factor)
    with pytest.raises(ConfigurationError, match=f"{VARIABLE}: expected a number from 1 on, .* not '{factor}'$"):
        stretched(30)


def test_pytests_own_limit_is_stretched_too(request: pytest.FixtureRequest) -> None:
    mark = request.node.get_closest_marker("timeout")
    assert mark is not None
    assert mark.args[0] == stretched(float(request.config.getoption("timeout") or request.config.getini("timeout")))


@pytest.mark.timeout(7)
def test_a_limit_of_a_test_of_its_own_is_stretched_too(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("timeout").args[0] == stretched(7)


def test_no_limit_is_a_bare_number() -> None:
    """Neither in what waits for real processes nor in the tests of it."""
    files = [path for place in LOOKED_AT for path in (ROOT / place).rglob("*.py")]
    names = {path: path.relative_to(ROOT).as_posix() for path in files}
    found = [
        f"{name}:{line}"
        for path, name in names.items()
        if not name.startswith(ON_A_CLOCK_OF_THEIR_OWN)
        for line in bare_limits(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("asyncio.timeout(20)", [1]),
        ("LIMIT = 20\nasyncio.timeout(LIMIT)", [2]),
        ("LIMIT: Final = 20.0\nawait asyncio.wait_for(x, LIMIT)", [2]),
        ("await asyncio.wait_for(x, timeout=5)", [1]),
        ("asyncio.timeout(stretched(20))", []),
        ("LIMIT = stretched(20)\nasyncio.timeout(LIMIT)", []),
        ("subprocess.run(x, timeout=20)", [1]),
        ("process.wait(10)", [1]),
        ("end = time.monotonic() + 40", [1]),
        ("end = loop.time() + 40", [1]),
        ("assert time.monotonic() - began < 2", [1]),
        ("assert time.monotonic() - began < stretched(2)", []),
        ("aiohttp.ClientTimeout(total=5)", [1]),
        ("LIMIT = 5\nasyncio.run_coroutine_threadsafe(x, loop).result(LIMIT)", [2]),
        ("ready.wait()", []),
    ],
)
def test_a_bare_number_is_found(code: str, lines: list[int]) -> None:
    assert list(bare_limits(code)) == lines


def bare_limits(code: str) -> Iterator[int]:
    """The lines in which a number limits a wait."""
    tree = ast.parse(code)
    numbers = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        for limit in limits(node):
            if isinstance(limit, ast.Constant) and isinstance(limit.value, int | float):
                yield node.lineno  # type: ignore[attr-defined]  # what limits has one
            elif isinstance(limit, ast.Name) and limit.id in numbers:
                yield node.lineno  # type: ignore[attr-defined]  # see above


def limits(node: ast.AST) -> Iterator[ast.expr]:
    """What limits a wait, if this expression is one."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="mark"))):
            pass  # pytest's own, which tests/conftest.py stretches
        case ast.Call(func=ast.Attribute(attr="timeout" | "wait" | "join" | "result"), args=[limit]):
            yield limit
        case ast.Call(func=ast.Attribute(attr="wait_for"), args=[_, limit]):
            yield limit
        case ast.BinOp(left=ast.Call(func=ast.Attribute(attr="monotonic" | "time")), op=ast.Add(), right=limit):
            yield limit
        case ast.Compare(left=ast.BinOp(left=ast.Call(func=ast.Attribute(attr="monotonic" | "time"))), ops=[ast.Lt()]):
            yield node.comparators[0]
    if isinstance(node, ast.Call):
        yield from (word.value for word in node.keywords if word.arg in {"timeout", "total"})
