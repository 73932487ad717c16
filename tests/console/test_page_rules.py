"""Rules for the source of the page that no view can show: no markup from data, no other host, no word of the shop."""

import re
from pathlib import Path

import pytest

import quartet.console
from services.shop import SHOP

PAGE = Path(quartet.console.__file__).parent / "page"
OWN = sorted(path for path in PAGE.rglob("*") if path.is_file() and "vendor" not in path.parts)
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(.on")
INLINE = re.compile(r"\sstyle=\"|\son\w+=\"|<style|<script>")
LONGEST = 240


def name(path: Path) -> str:
    return str(path.relative_to(PAGE))


@pytest.mark.parametrize("path", OWN, ids=name)
def test_a_file_of_the_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert MARKUP.findall(text) == []
    assert INLINE.findall(text) == []
    assert [address for address in re.findall(r"https?://\S+", text) if "www.w3.org" not in address] == []
    assert len(text.splitlines()) <= LONGEST


@pytest.mark.parametrize("path", OWN, ids=name)
def test_no_word_of_the_shop_is_in_it(path: Path) -> None:
    words = {word.casefold() for word in re.findall(r"[A-Za-z]+", path.read_text(encoding="utf-8"))}
    shop = {one.partition(".")[0].casefold() for one in SHOP.events} | set(SHOP.names) - {"order"}
    assert words & (shop | {"orders", "cancelled", "payments", "stock", "refund"}) == set()


def test_every_style_sheet_and_script_of_the_page_is_there() -> None:
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    named = re.findall(r"(?:href|src)=\"/([^\"]+)\"", html)
    assert {"main.js", "theme.js"} <= set(named)
    assert [one for one in named if not (PAGE / one).is_file()] == []
    assert {name(path) for path in OWN if path.suffix == ".css"} <= set(named)
