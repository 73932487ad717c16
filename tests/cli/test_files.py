from pathlib import Path

import pytest

from quartet.failures import UserError
from quartet.files import Entry, read_entries


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
def test_a_corrupt_file_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        read_entries(written(tmp_path, text))
    assert says in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_what_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpeg"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        read_entries(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_entries(tmp_path / "nowhere")
