"""What the demonstration shows at its end."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from rich.table import Table
from rich.text import Text

from quartet.audit.invariants import Finding
from quartet.demo.acts import Play
from quartet.demo.costs import MOST_REQUESTS_ONE_AT_A_TIME, Costs
from quartet.demo.expectations import Verdict
from quartet.participants import PARTICIPANTS

PARTITIONS: Final = 4
"""Of the local hub."""

_PROMISED_REQUESTS: Final = f"alone at most {MOST_REQUESTS_ONE_AT_A_TIME}, and falling with load"
_PROMISED_CHECKPOINTS: Final = "at most one per service, partition and second"


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """What was expected of the orders, and what came."""
    table = Table(title="How the orders ended", title_justify="left")
    table.add_column("story", overflow="fold", ratio=3)
    table.add_column("orders", justify="right")
    table.add_column("expected", overflow="fold", ratio=2)
    table.add_column("got", overflow="fold", ratio=2)
    table.add_column("", no_wrap=True)
    for verdict in verdicts:
        mark = Text("as expected", style="green") if verdict.is_met else Text("WRONG", style="bold red")
        table.add_row(Text(verdict.story), Text(str(verdict.orders)), Text(verdict.expected), Text(verdict.got), mark)
    return table


def cost_table(play: Play) -> Table:
    """What one saga costs, alone and among others; counted by the emulators, for the four services together."""
    alone, among = play.one_at_a_time, play.at_once
    table = Table(title="What a saga costs, counted for the four services together", title_justify="left")
    table.add_column("per saga")
    table.add_column(f"alone ({alone.sagas} orders)", justify="right")
    table.add_column(f"at once ({among.sagas} orders)", justify="right")
    table.add_column("the promise", overflow="fold")
    rows = (
        ("Cosmos DB requests", alone.requests_without_watch, _each(among, among.requests), _PROMISED_REQUESTS),
        ("AMQP sends", _each(alone, alone.sends), _each(among, among.sends), "one per received batch"),
        ("events in them", _each(alone, alone.events), _each(among, among.events), ""),
        ("checkpoint writes", _each(alone, alone.checkpoints), _each(among, among.checkpoints), _PROMISED_CHECKPOINTS),
    )
    for what, by_itself, together, promise in rows:
        table.add_row(what, f"{by_itself:.1f}", f"{together:.1f}", Text(promise, style="dim"))
    table.caption = (
        f"Not counted: {alone.queries_of_order} looks of the deadline watch in {alone.seconds:.1f} s while orders came "
        f"alone, and {alone.metadata + among.metadata} requests for metadata, which are made once"
    )
    table.caption_justify = "left"
    return table


def failures(play: Play, findings: Sequence[Finding]) -> list[str]:
    """What did not come as it should have; empty if all is well."""
    wrong = [f"{verdict.story}: {verdict.got}" for verdict in play.verdicts if not verdict.is_met]
    wrong += [f"invariant {finding.number} is broken" for finding in findings if not finding.holds]
    if play.one_at_a_time.requests_without_watch > MOST_REQUESTS_ONE_AT_A_TIME:
        wrong.append(
            f"a saga costs {play.one_at_a_time.requests_without_watch:.1f} Cosmos DB requests, "
            f"at most {MOST_REQUESTS_ONE_AT_A_TIME} are allowed"
        )
    wrong += [
        f"{costs.checkpoints} checkpoint writes in {costs.seconds:.1f} s are more than one per partition and second"
        for costs in (play.one_at_a_time, play.at_once)
        if _too_many_checkpoints(costs)
    ]
    return wrong


def proof(play: Play) -> str:
    """What has been shown, in a line."""
    orders = sum(verdict.orders for verdict in play.verdicts)
    return (
        f"Shown: {orders} orders in {len(play.verdicts)} stories came out as they should; stock and money add up; all "
        f"four services agree; {play.one_at_a_time.requests_without_watch:.1f} Cosmos DB requests for a saga alone, "
        f"{play.at_once.requests / play.at_once.sagas:.1f} for one among {play.at_once.sagas}."
    )


def _each(costs: Costs, count: int) -> float:
    return count / costs.sagas


def _too_many_checkpoints(costs: Costs) -> bool:
    """More than one per partition and second; a part of a second counts as one, and the first write takes two."""
    return costs.checkpoints > len(PARTICIPANTS) * PARTITIONS * (ceil(costs.seconds) + 2)
