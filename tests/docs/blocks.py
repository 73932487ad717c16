"""The blocks of code in the guide: files of a small project, or excerpts of files of the repository."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))
_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<code>.*?)^```$', re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block.

    Attributes:
        language: what is written after the fence.
        title: the file that it belongs to; empty if there is none.
        code: what stands in it.
    """

    language: str
    title: str
    code: str

    @property
    def is_excerpt(self) -> bool:
        """Whether it shows a file of the repository."""
        return self.language == "python" and (ROOT / self.title).is_file()


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in their order."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(one["language"], one["title"] or "", one["code"]) for one in found]


def project(page: Path) -> dict[str, str]:
    """The files that a page builds. Blocks with one title continue each other."""
    files: dict[str, str] = defaultdict(str)
    for block in blocks(page):
        if block.title and not block.is_excerpt:
            files[block.title] += block.code
    return files


def write_project(page: Path, folder: Path) -> list[Path]:
    """Write the files of a page into a folder. Packages get their empty `__init__.py`."""
    written = []
    for title, code in project(page).items():
        path = folder / title
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent != folder:
            (path.parent / "__init__.py").touch()
        path.write_text(code, encoding="utf-8")
        written.append(path)
    return written
