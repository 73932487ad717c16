"""The tables at the end of `quartet demo`, drawn by its own code from fixed input, and read back as rows."""

import io
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from quartet.cli.audit.finding import Finding
from quartet.cli.reading.counters import Costs
from quartet.cli.reading.hub_reader import Found
from quartet.cli.timeline.timeline import Said, tell
from quartet.terminal.console import SafeConsole
from quartet.testing import World
from services.operations.audit.invariants import audit
from services.operations.audit.snapshot import Snapshot
from services.operations.demo.acts import RUSH, Play, rush_verdict, unreadable_verdict
from services.operations.demo.command import COMPENSATED, Evidence, listings
from services.operations.demo.expectations import Verdict, compare, read_expectations
from services.operations.samples import sample
from services.order.domain import OrderPolicy
from services.shipping.carrier import NotServed
from services.shop import SHOP
from shared.events import OrderCreated
from tests.domain.fakes import FakeCarrier, FakeGateway, FakeStock

_WIDTH: Final = 120
_NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ANY: Final = Costs(
    sagas=6,
    seconds=1,
    requests=60,
    metadata=6,
    queries=0,
    request_units=600.0,
    sends=24,
    events=24,
    received=120,
    checkpoints=12,
    cosmos_writes=30,
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a person reads it: lines of one cell are joined."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def demo_tables() -> list[Table]:
    """What the demonstration prints when all is well. The figures are not those of a run."""
    return read_tables(drawn(_evidence()))


def drawn(evidence: Evidence, width: int = _WIDTH) -> str:
    """The tables as they are printed on a console of this width."""
    file = io.StringIO()
    console = SafeConsole(file=file, width=width, markup=False, highlight=False, emoji=False)
    for listing in listings(evidence):
        console.print()
        console.print(listing, crop=False)
    return file.getvalue()


def read_tables(text: str) -> list[Table]:
    """The tables in a text that `quartet demo` has printed."""
    found = re.findall(r"^([^\n┏]+)\n┏[^\n]*\n((?:[┃┡│├└].*\n?)+)", text, re.MULTILINE)
    return [_table(title, lines.splitlines()) for title, lines in found]


def _table(title: str, lines: list[str]) -> Table:
    [heading] = [_cells(line) for line in lines if line.startswith("┃")]
    rows: list[list[str]] = []
    is_new = True
    for line in lines:
        if line.startswith("│"):
            cells = _cells(line)
            # A row continues in lines whose second cell is empty, or until a rule if the table has rules.
            if is_new or (not _is_ruled(lines) and cells[1]):
                rows.append(cells)
            else:
                rows[-1] = [f"{before} {more}".strip() for before, more in zip(rows[-1], cells, strict=True)]
            is_new = False
        else:
            is_new = True
    return Table(title, tuple(heading), tuple(map(tuple, rows)))


def _is_ruled(lines: list[str]) -> bool:
    return any(line.startswith("├") for line in lines)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split("[┃│]", line)[1:-1]]


def _evidence() -> Evidence:
    return Evidence(Play(_verdicts(), _ANY, _ANY, _ANY), _story(), _findings())


def _verdicts() -> list[Verdict]:
    expected = read_expectations(sample("expectations.json"))
    outcomes = {order_id: one.outcome for order_id, one in expected.orders.items()}
    for contest in expected.contests:
        outcomes |= dict(zip(contest.orders, contest.outcomes.elements(), strict=True))
    unreadable = [
        unreadable_verdict(field, [f"{field}: must be at least 1"] * 2) for field in expected.unreadable.values()
    ]
    return [*compare(expected, outcomes), *unreadable, rush_verdict(RUSH)]


def _story() -> list[Said]:
    """The events of the order in the timeline, in the order in which the services say them in memory."""
    [line] = [line for line in sample("orders.jsonl").read_text(encoding="utf-8").splitlines() if COMPENSATED in line]
    order = OrderCreated.model_validate_json(line)
    stock = FakeStock(dict(Counter({item.product_id: item.quantity for item in order.items})))
    ports = {
        "order": OrderPolicy(timedelta(minutes=15)),
        "inventory": stock,
        "payment": FakeGateway(),
        "shipping": FakeCarrier({f"shipment_{COMPENSATED}": NotServed("no service to AQ")}),
    }
    world = World(SHOP, ports, partitions=1)
    world.say(order, source="/quartet/cli")
    world.run()
    [messages] = world.hub.partitions.values()
    return tell([Found("0", _NOON, message) for message in messages], SHOP.hubs())


def _findings() -> list[Finding]:
    return audit(Snapshot(_NOON), timedelta(minutes=1))
