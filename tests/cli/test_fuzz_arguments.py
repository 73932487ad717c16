"""Whatever a person types: an answer, or one line about what is wrong."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from hypothesis import example, given
from hypothesis import strategies as st

from quartet.cli.main import build
from quartet.process.application import find_application
from services.operations.samples import CATALOGUE, sample
from tests.cli.fuzzing import WORD, bounded, shell
from tests.cli.test_command_line import KEY, NAMES

FILE: Final = "a-file.json"


def tree(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:  # noqa: ANN401 -- click's
    """Every command with the names of its options."""
    for name, command in group.commands.items():
        options = [flag for one in command.params for flag in one.opts + one.secondary_opts if flag.startswith("-")]
        if hasattr(command, "commands"):
            yield from tree(command, (*path, name))
        else:
            yield (*path, name), options


COMMANDS: Final = dict(tree(typer.main.get_command(build(find_application()))))
FLAGS_OF_EMULATORS: Final = [
    *("--data-dir", "--event-hubs-port", "--cosmos-port", "--blob-port", "--control-port", "--config", "--env-file"),
    *("--setting", "--faults", "--tls-certificate", "--tls-key", "--accept-tokens-signed-with", "--host"),
]
ODD: Final = [
    *("nan", "inf", "-inf", "-0", "1e308", "-1", "0", "0.0", "99999999999999999999", "1_0", "٣", "0x10", "True"),
    *("", " ", "-", "--", "=", "a=b", "A=\x1b", "[red]", "ord-1", "unknown", "order", "payment", FILE, "missing.json"),
]
VALUE: Final = st.one_of(st.sampled_from(ODD), WORD)


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    path = draw(st.sampled_from(sorted(COMMANDS)))
    options = COMMANDS[path] + (FLAGS_OF_EMULATORS if path == ("emulators",) else [])
    option = st.sampled_from([*options, "--help", "--nonsense"])
    with_value = st.tuples(option, VALUE)
    joined = with_value.map(lambda pair: (f"{pair[0]}={pair[1]}",))
    words = st.one_of(VALUE.map(lambda value: (value,)), option.map(lambda name: (name,)), with_value, joined)
    drawn = [word for piece in draw(st.lists(words, max_size=4)) for word in piece]
    return [*path, *drawn]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, taken_port: int) -> int:
    """A directory with a file, and the settings of servers that do not run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).write_bytes(sample(CATALOGUE).read_bytes())
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    hub = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;"
    monkeypatch.setenv("EVENT_HUBS_CONNECTION_STRING", hub)
    monkeypatch.setenv("BLOB_CONNECTION_STRING", f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:1/a;")
    monkeypatch.setenv("COSMOS_CONNECTION_STRING", f"AccountEndpoint=http://127.0.0.1:1/;AccountKey={KEY};")
    return taken_port


def without_starting_anything(words: list[str], taken_port: int) -> list[str]:
    """The same command line, without options that make it run forever or repeat its attempts for seconds."""
    with contextlib.suppress(ValueError):
        words = words[: words.index("--")]  # the flags below must stay flags
    if "demo" in words[:2]:
        return [*words, "--nonsense"]
    if {"up", "bench"}.intersection(words[:2]):
        return [*words, "--replicas", "0"]
    if "console" in words[:2]:
        return [*words, "--port", str(taken_port)]
    if "emulators" in words[:2]:
        return [*words, "--event-hubs-port", str(taken_port)]
    return words


@pytest.fixture
def no_hub(surroundings: int, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("EVENT_HUBS_CONNECTION_STRING", "Endpoint=nowhere")
    return surroundings


@given(words=command_lines())
@example(words=["status", "--stuck", "--grace", "nan"])
@example(words=["status", "--stuck", "--grace", "inf"])
@example(words=["status", "--stuck", "--grace", "1e308"])
@example(words=["audit", "--grace", "1e12"])
@example(words=["audit", "--settle", "nan"])
@example(words=["emulators", "--env-file", "."])
@example(words=["emulators", "--config", "."])
@bounded(150)
def test_no_command_line_ends_in_a_bug(no_hub: int, words: list[str]) -> None:
    shell(without_starting_anything(words, no_hub))


@given(words=st.lists(VALUE, max_size=5))
@bounded(50)
@pytest.mark.usefixtures("no_hub")
def test_no_words_at_all_end_in_a_bug(words: list[str]) -> None:
    if not set(words) & {name for path in COMMANDS for name in path}:
        shell(words)


@pytest.mark.usefixtures("no_hub")
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "1e308", "1e15"])
@pytest.mark.parametrize(
    "words",
    [
        ["publish", FILE, "--timeout"],
        ["publish", FILE, "--rate"],
        ["status", "--stuck", "--grace"],
        ["status", "--stuck", "--standing"],
        ["audit", "--grace"],
        ["audit", "--settle"],
        ["bench", "--rate"],
        ["bench", "--idle"],
        ["bench", "--seconds"],
        ["bench", "--failures"],
    ],
)
def test_a_number_that_no_clock_can_count_is_named(words: list[str], value: str) -> None:
    ended = shell([*words, value])
    assert ended.status == 2
    assert words[-1] in ended.err


@pytest.mark.usefixtures("no_hub")
def test_a_number_of_orders_that_no_machine_can_hold_is_refused() -> None:
    ended = shell(["publish", "--count", "99999999999999999999"])
    assert ended.status == 2
    assert "--count" in ended.err
