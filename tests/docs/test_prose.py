"""What people read keeps to docs/style.md: none of its words to avoid is used."""

import re
from pathlib import Path

import pytest

from tests.docs.prose import (
    NAMES,
    ROOT,
    Word,
    avoided_in,
    documents,
    hits,
    other_files,
    page_prose,
    source_names,
    source_prose,
    sources,
    words,
)

AVOIDED = [Word("anew", "again", in_code=True), Word("at once", "immediately", in_code=True)]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", documents(), ids=name)
def test_a_page_uses_no_word_that_the_style_guide_avoids(page: Path) -> None:
    assert list(hits(page_prose(page.read_text(encoding="utf-8")), avoided_in(page))) == []


def test_comments_docstrings_and_messages_use_no_word_that_the_style_guide_avoids_in_code() -> None:
    found = [
        f"{name(path)}:{hit}"
        for path in sources()
        for hit in hits(source_prose(path.read_text(encoding="utf-8")), avoided_in(path))
    ]
    assert found == []


def test_other_files_use_no_word_that_the_style_guide_avoids_in_code() -> None:
    found = [
        f"{name(path)}:{hit}"
        for path in other_files()
        for hit in hits(path.read_text(encoding="utf-8"), avoided_in(path))
    ]
    assert found == []


def test_every_kind_of_other_file_is_read() -> None:
    kinds = {path.suffix or path.name for path in other_files()}
    assert kinds == {
        "Makefile",
        "Dockerfile",
        ".yml",
        ".yaml",
        ".toml",
        ".env",
        ".bicep",
        ".bicepparam",
        ".kql",
        ".tmpl",
        ".html",
        ".js",
    }


def test_names_in_the_library_use_no_word_that_the_style_guide_avoids_in_code() -> None:
    found = [
        f"{name(path)}:{hit}"
        for path in sources(NAMES)
        for hit in hits(source_names(path.read_text(encoding="utf-8")), avoided_in(path))
    ]
    assert found == []


def test_names_of_tests_use_no_word_that_the_style_guide_avoids_in_code() -> None:
    found = [
        f"{name(path)}:{hit}"
        for path in sources(["tests"])
        for hit in hits(names_of_tests(path.read_text(encoding="utf-8")), avoided_in(path))
    ]
    assert found == []


def names_of_tests(text: str) -> str:
    """The names of the tests in a file, in words, on their lines."""
    return "\n".join(
        line.partition("(")[0].replace("_", " ") if re.match(r"\s*(async )?def test_", line) else ""
        for line in text.splitlines()
    )


def test_the_table_of_the_style_guide_is_read_whole() -> None:
    avoided = {word.avoid: word for word in words()}
    assert {"anew", "has a word with", "blacklist"} <= avoided.keys()
    assert avoided["thrice"].write == "three times"
    assert any(word.in_code for word in avoided.values())


def test_a_word_is_found_in_prose_and_not_in_code() -> None:
    page = "It is made\nANEW, at\nonce, `anew`, [x](anew.md), renewed anew-ish.\n```\nanew\n```\n"
    assert [hit.partition(" ")[0] for hit in hits(page_prose(page), AVOIDED)] == ["2:", "2:"]


def test_a_word_is_found_in_everything_that_a_reader_of_the_code_sees() -> None:
    source = '"""Made anew."""\n\nanew = "anew"  # anew\nlog.info(f"at once {anew}", anew="`anew` it is")\n'
    assert sorted(hit.partition(" ")[0] for hit in hits(source_prose(source), AVOIDED)) == ["1:", "3:", "4:"]


@pytest.mark.parametrize(
    "source",
    [
        "def start_at_once(): ...",
        "async def at_once(): ...",
        "class AtOnce: ...",
        "class StartAtOnce: ...",
        "_AT_ONCE = 8",
        "self.at_once = 8",
        "def start(at_once): ...",
        "import threading as made_anew",
    ],
)
def test_a_word_is_found_in_every_name_that_a_file_gives(source: str) -> None:
    assert [hit.partition(" ")[0] for hit in hits(source_names(source), AVOIDED)] == ["1:"]


@pytest.mark.parametrize("source", ["other.at_once()", "call(at_once=1)", "at_onceness = 1", "at, once = 1, 2"])
def test_a_name_that_is_only_used_or_similar_is_not_a_hit(source: str) -> None:
    assert list(hits(source_names(source), AVOIDED)) == []
