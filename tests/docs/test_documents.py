"""Tables and links in the documents, compared with the code and the tree."""

import re
from pathlib import Path

import pytest

from services.inventory.service import PARTICIPANT as INVENTORY
from services.order.service import PARTICIPANT as ORDER
from services.payment.service import PARTICIPANT as PAYMENT
from services.shipping.service import PARTICIPANT as SHIPPING
from shared.events import REGISTRY

ROOT = Path(__file__).parents[2]
PARTICIPANTS = (INVENTORY, ORDER, PAYMENT, SHIPPING)
# Who says what besides the services.
OUTSIDE = {
    "OrderCreated.v1": ["publishers"],
    "OrderCancellationRequested.v1": ["customers"],
}
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
    and "node_modules" not in page.parts
    and not page.is_relative_to(ROOT / "mutants")  # what `make mutation` leaves there
)


def test_the_table_of_the_saga_is_the_one_in_the_code() -> None:
    text = (ROOT / "docs" / "saga.md").read_text()
    section = text.partition("## Who says and hears what")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\S+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)

    expected = []
    for event_type in REGISTRY:
        says = OUTSIDE.get(event_type, []) + [
            participant.name for participant in PARTICIPANTS if event_type in {data.type for data in participant.says}
        ]
        hears = [participant.name for participant in PARTICIPANTS if event_type in participant.hears]
        expected.append((event_type, ", ".join(says), ", ".join(hears) or "no service"))
    assert sorted(rows) == sorted(expected)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = re.findall(r"\((\d{4}-[a-z-]+\.md)\)", (ROOT / "docs" / "adr" / "README.md").read_text())
    assert listed == sorted(page.name for page in (ROOT / "docs" / "adr").glob("[0-9]*.md"))


def test_every_proof_that_a_document_names_exists() -> None:
    tests = {
        name
        for folder in ("tests", "examples")
        for path in (ROOT / folder).rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    for page in (ROOT / "docs").rglob("*.md"):
        named = set(re.findall(r"`(test_\w+)`", page.read_text()))
        assert named - tests == set(), page
