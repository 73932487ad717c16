"""The pictures show every event, and what belongs to a failure is dashed."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from quartet.topology.edges import edges
from quartet.topology.mermaid import mermaid
from quartet.topology.svg import svg
from services.shop import SHOP
from tests.topology.oven import BAKER, BAKERY, MILLER

ROOT = Path(__file__).parents[2]


def test_the_picture_of_the_shop_is_drawn_from_its_tables() -> None:
    """After a change: `quartet graph --format svg --out docs/pictures/shop.svg`."""
    assert (ROOT / "docs/pictures/shop.svg").read_text() == svg(SHOP)


def test_an_edge_goes_from_each_sayer_to_each_hearer() -> None:
    assert [(edge.sayer, edge.event.__name__, edge.hearer, edge.compensates) for edge in edges(BAKERY)] == [
        ("(outside)", "BreadWanted", "miller", False),
        ("miller", "FlourGround", "baker", False),
        ("baker", "BreadBaked", "(end)", False),
        ("baker", "BreadBurnt", "miller", True),
        ("miller", "FlourReturned", "(end)", True),
    ]


def test_mermaid_dashes_what_undoes_and_takes_no_name_for_a_word_of_its_own() -> None:
    app = replace(BAKERY, participants=(replace(MILLER, name="end"), BAKER))
    assert mermaid(app).splitlines() == [
        "flowchart LR",
        "    outside([outside])",
        "    p_end[end]",
        "    p_baker[baker]",
        "    finish([end])",
        "    outside -- BreadWanted --> p_end",
        "    p_end -- FlourGround --> p_baker",
        "    p_baker -- BreadBaked --> finish",
        "    p_baker -. BreadBurnt .-> p_end",
        "    p_end -. FlourReturned .-> finish",
    ]


def test_the_svg_is_well_formed_and_has_a_row_for_each_event() -> None:
    root = ET.fromstring(svg(BAKERY))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["(outside)", "miller", "baker", *(event.__name__ for event in BAKERY.events.models)]
    dashed = [element for element in root.iter() if "undo" in (element.get("class") or "").split()]
    assert len(dashed) == 2  # the line to the miller, and the circle around the end; dots are whole
