"""The word list of docs/style.md. `python -m tests.docs.prose` lists where its words stand in the code."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STYLE = ROOT / "docs" / "style.md"
CODE = ("quartet", "services", "shared", "emulators", "examples", "infra", "tests")
OTHER = (
    *("Makefile", "Dockerfile", "*.yml", "*.yaml", "pyproject.toml", ".env", ".github/**/*.yml"),
    *("infra/**/*.bicep", "infra/**/*.bicepparam", "infra/**/*.kql", "quartet/**/*.tmpl"),
    *("quartet/console/page/*.html", "quartet/console/page/*.js", "quartet/console/page/state/*.js"),
    *("quartet/console/page/parts/*.js", "quartet/console/page/views/**/*.js"),
)
NAMES = ("quartet", "emulators", "shared")  # services has `owes` in the JSON of `status --stuck`
SECTION = "\n## Words to avoid\n"
# Its words and names are its own until it is part of the library.
SIMULATION = ROOT / "tests" / "simulation"
# They name the words to avoid.
OWN = (Path(__file__), Path(__file__).with_name("test_prose.py"))
# Words that a part of the repository keeps until its next change.
LATER = {
    "examples/": {"anybody", "everybody", "any more", "for good", "comes again", "stands there"},
    "quartet/azure/event_hubs/": {"let go", "so long", "so many", "all the same", "comes again", "is told"},
    "quartet/testing/conformance": {"so many"},
    "tests/mutants/bugs/": {"nobody"},  # a case of the simulation
    "tests/simulation/": {"for good", "all the same", "any more", "goes on", "is told"},
}


@dataclass(frozen=True, slots=True)
class Word:
    """One entry of the table.

    Attributes:
        avoid: the word or phrase.
        write: what to write instead.
        in_code: whether the prose in the code is checked, too.
    """

    avoid: str
    write: str
    in_code: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds it as whole words, in any case, also across the end of a line."""
        words = r"\s+".join(re.escape(part) for part in self.avoid.split())
        return re.compile(rf"(?<![\w-]){words}(?![\w-])", re.IGNORECASE)


def words() -> list[Word]:
    """The entries, in the order of the page."""
    _, _, section = STYLE.read_text(encoding="utf-8").partition(SECTION)
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| (documents|documents and code) \|$", section, re.MULTILINE)
    return [
        Word(avoid, write, where == "documents and code")
        for cell, write, where in rows
        for avoid in re.findall(r"`([^`]+)`", cell)
    ]


def other_files() -> list[Path]:
    """Files whose comments and texts people read, and which are neither pages nor Python."""
    return sorted(path for pattern in OTHER for path in ROOT.glob(pattern))


def avoided_in(path: Path) -> list[Word]:
    """The entries that a file is held to: all of them for a page, and those for code for any other file."""
    name = path.relative_to(ROOT).as_posix()
    kept = {avoid for prefix, some in LATER.items() if name.startswith(prefix) for avoid in some}
    return [word for word in words() if (word.in_code or path.suffix == ".md") and word.avoid not in kept]


def documents() -> list[Path]:
    """Every page of the repository."""
    return sorted(
        page
        for page in ROOT.rglob("*.md")
        if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
        and "node_modules" not in page.parts
        and not page.is_relative_to(ROOT / "mutants")  # what `make mutation` leaves there
    )


def sources(folders: Sequence[str] = CODE) -> list[Path]:
    """Every Python file whose prose people read."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if not path.is_relative_to(SIMULATION) and path not in OWN)


def page_prose(text: str) -> str:
    """The prose of a page: code and the targets of links are blank. Lines keep their numbers."""
    if SECTION in text:
        text = text.partition("\n## Before and after\n")[0]
    for code in (r"^```.*?^```", r"<!--.*?-->", r"`[^`\n]+`", r"\]\([^)]*\)"):
        text = re.sub(code, _blank, text, flags=re.DOTALL | re.MULTILINE)
    return text


def source_prose(text: str) -> str:
    """The prose of a Python file, on the lines where it stands: comments, and every string with a space in it."""
    lines = [""] * (text.count("\n") + 2)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0]] += f" {token.string}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            for number, line in enumerate(node.value.splitlines()):
                lines[min(node.lineno + number, len(lines) - 1)] += f" {line}"
    return re.sub(r"`[^`\n]+`", _blank, "\n".join(lines[1:]))


def source_names(text: str) -> str:
    """The names that a Python file gives, on the lines where it gives them, in words: `waitAnd_see` is “wait And see”.

    A name that another package has given (`strategies.just`) is not ours to choose.
    """
    lines = [""] * (text.count("\n") + 2)
    for node in ast.walk(ast.parse(text)):
        if name := _given(node):
            lines[getattr(node, "lineno", 1)] += f" {re.sub(r'(?<=[a-z0-9])(?=[A-Z])|_+', ' ', name).strip()},"
    return "\n".join(lines[1:])


def _given(node: ast.AST) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.arg(arg=name) | ast.alias(asname=str(name)):
            return name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name
    return ""


def hits(prose: str, avoided: list[Word]) -> Iterator[str]:
    """A line for every avoided word: where it stands and what to write instead."""
    for word in avoided:
        for match in word.pattern.finditer(prose):
            number = prose.count("\n", 0, match.start()) + 1
            yield f"{number}: avoid “{word.avoid}”, write: {word.write}"


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def main() -> None:
    """List the hits in the code: in prose and in names, also in names outside of the library."""
    for path in sources():
        text = path.read_text(encoding="utf-8")
        for found in (source_prose(text), source_names(text)):
            for hit in hits(found, words()):
                sys.stdout.write(f"{path.relative_to(ROOT)}:{hit}\n")


if __name__ == "__main__":
    main()
