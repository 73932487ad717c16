from pathlib import Path

import pytest

from quartet.terminal.files import Entry, read_entries
from quartet.terminal.user_error import UserError


def written(directory: Path, text: str) -> Path:
    path = directory / "orders"
    path.write_text(text, encoding="utf-8")
    return path


def values(entries: list[Entry]) -> list[object]:
    return [entry.value for entry in entries]


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1}, {"a": 2}]',
        '[\n  {"a": 1},\n  {"a": 2}\n]\n',
        '{"a": 1}\n{"a": 2}\n',
        '{"a": 1}\n\n{"a": 2}',
    ],
    ids=["a list", "a list over lines", "JSON lines", "JSON lines with a gap"],
)
def test_a_list_and_json_lines_say_the_same(tmp_path: Path, text: str) -> None:
    assert values(read_entries(written(tmp_path, text))) == [{"a": 1}, {"a": 2}]


def test_one_object_may_go_over_many_lines(tmp_path: Path) -> None:
    assert values(read_entries(written(tmp_path, '{\n  "a":\n  1\n}\n'))) == [{"a": 1}]


def test_an_entry_knows_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, '{"a": 1}\n\n{"a": 2}\n')
    assert [entry.where for entry in read_entries(path)] == [f"{path}, line 1", f"{path}, line 3"]


def test_an_entry_of_a_list_knows_its_number(tmp_path: Path) -> None:
    path = written(tmp_path, '[{"a": 1}, {"a": 2}]')
    assert [entry.where for entry in read_entries(path)] == [f"{path}, entry 1", f"{path}, entry 2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1}\n{"a": \n', "line 2, column 7: not JSON"),
        ('[\n{"a": 1},\n{"a" 2}\n]', "line 3, column 6: not JSON"),
        ('{"a": NaN}', "line 1: not JSON: NaN is not a JSON number"),
        ("[" * 100_000, "not JSON"),
        ("\n \n", "is empty"),
    ],
    ids=["JSON lines", "a list", "not a number", "nested without end", "empty"],
)
def test_a_corrupt_file_is_reported_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        read_entries(written(tmp_path, text))
    assert says in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpeg"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        read_entries(path)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_entries(tmp_path / "nowhere")


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_a_line_ends_at_a_line_feed_and_nowhere_else(tmp_path: Path, separator: str) -> None:
    """JSON allows U+2028, U+2029 and U+0085 unescaped in strings."""
    if separator > " ":
        path = written(tmp_path, f'{{"a": "x{separator}y"}}\n{{"a": 2}}\n')
        assert values(read_entries(path)) == [{"a": f"x{separator}y"}, {"a": 2}]
    path = written(tmp_path, f'{{"a": 1}}\n{{"a": "{separator}" 7}}\n')
    with pytest.raises(UserError, match="line 2"):
        read_entries(path)


def test_line_ends_of_windows_are_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    path.write_bytes(b'{"a": 1}\r\n{"a": 2}\r\n')
    assert [entry.where[-6:] for entry in read_entries(path)] == ["line 1", "line 2"]


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n')
    assert values(read_entries(path)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_of_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "orders"
    path.write_bytes('{"a": 1}'.encode(encoding))
    with pytest.raises(UserError, match=r"is UTF-(16|32).* text: save it as UTF-8"):
        read_entries(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1e999}', "the number 1e999 is too large"),
        ('{"a": -1e999}', "the number -1e999 is too large"),
        ('{"a": {"b": 1, "b": 2}}', "the name 'b' stands twice in one object"),
    ],
)
def test_an_entry_that_would_be_sent_in_another_form_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read_entries(written(tmp_path, text))


@pytest.mark.parametrize("path", [Path("/"), Path("/nowhere/at/all"), Path("a\x00b")])
def test_a_path_that_is_not_a_file_is_reported_in_one_line(path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: "):
        read_entries(path)
