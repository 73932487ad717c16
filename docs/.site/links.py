"""A hook of mkdocs: each file outside docs/ that a page links to is copied into the site."""

import re
from pathlib import Path
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
COPIES = "repository"
LINK = re.compile(r"(\]\()(\.\./[^)#\s]+)(#[^)]*)?(\))")


def _outside(page: str, target: str) -> str:
    """The path of a link's target in the repository; empty if it is a page of the site or does not exist."""
    path = normpath(f"docs/{page}/../{target}")
    if path.startswith("docs/"):
        return ""
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    return path if (ROOT / path).is_file() else ""


def on_files(files: Files, config: Any) -> Files:
    """Add a copy of each file that a page links to. It is text, so that a browser shows it."""
    for page in list(files.documentation_pages()):
        for match in LINK.finditer(page.content_string):
            path = _outside(page.src_uri, match[2])
            uri = f"{COPIES}/{path}.txt"
            if path and files.get_file_from_path(uri) is None:
                files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let the links lead to the copies."""

    def rewritten(match: "re.Match[str]") -> str:
        path = _outside(page.file.src_uri, match[2])
        target = relpath(f"{COPIES}/{path}.txt", normpath(f"{page.file.src_uri}/.."))
        return f"{match[1]}{target}{match[4]}" if path else match[0]

    return LINK.sub(rewritten, markdown)
