"""What the demonstration shows at its end."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from quartet.audit.invariants import Finding
from quartet.demo.acts import Play
from quartet.demo.costs import MOST_REQUESTS_ONE_AT_A_TIME, Costs
from quartet.demo.expectations import Verdict


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
    table = Table(title="What a saga costs (the four services together)", title_justify="left")
    table.add_column("per saga")
    table.add_column(f"one at a time ({alone.sagas} orders)", justify="right")
    table.add_column(f"at once ({among.sagas} orders)", justify="right")
    limit = f"  (at most {MOST_REQUESTS_ONE_AT_A_TIME})"
    table.add_row("Cosmos DB requests", f"{alone.requests_without_watch:.1f}{limit}", _per_saga(among, among.requests))
    table.add_row("AMQP sends", _per_saga(alone, alone.sends), _per_saga(among, among.sends))
    table.add_row("events in them", _per_saga(alone, alone.events), _per_saga(among, among.events))
    table.add_row("checkpoint writes", _per_saga(alone, alone.checkpoints), _per_saga(among, among.checkpoints))
    table.caption = (
        f"Apart from these, one at a time: {alone.queries_of_order} queries of the deadline watch in "
        f"{alone.seconds:.1f} s, {alone.metadata} requests for metadata; at once: {among.metadata} for metadata."
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
    return wrong


def proof(play: Play) -> str:
    """What has been shown, in a line."""
    orders = sum(verdict.orders for verdict in play.verdicts)
    return (
        f"Shown: {orders} orders ended as they should, {len(play.verdicts)} stories; stock and money add up, all four "
        f"services agree; {play.one_at_a_time.requests_without_watch:.1f} Cosmos DB requests for a saga alone, "
        f"{play.at_once.requests / play.at_once.sagas:.1f} for one among {play.at_once.sagas}."
    )


def _per_saga(costs: Costs, count: int) -> str:
    return f"{count / costs.sagas:.1f}"
