"""The tables at the end of the demonstration."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Final

from quartet.cli.application import choreography
from quartet.cli.reading.counters import Costs
from quartet.local.hub_config import PARTITIONS, chosen_layout, readers_of
from quartet.terminal.cells import cell
from quartet.terminal.listing import Listing
from services.operations.audit.invariants import Finding
from services.operations.demo.acts import Play
from services.operations.demo.costs import MOST_REQUESTS_ONE_AT_A_TIME, REQUESTS_IN_A_RUSH
from services.operations.demo.expectations import Verdict

_PROMISED_CHECKPOINTS: Final = "at most one per service, partition and second"


def verdict_listing(verdicts: Sequence[Verdict]) -> Listing:
    """The expected and the real outcomes of the orders."""
    listing = Listing("story", "orders", "expected", "got", "", title="How the orders ended")
    for verdict in verdicts:
        mark = cell("as expected", style="green") if verdict.is_met else cell("WRONG", style="bold red")
        listing.add(verdict.story, str(verdict.orders), verdict.expected, verdict.got, mark)
    return listing


def cost_listing(play: Play) -> Listing:
    """What one saga costs, alone and among others; counted by the emulators, for the four services together."""
    alone, among, rush = play.one_at_a_time, play.together, play.in_a_rush
    requests = f"alone at most {_most_requests()}; in a rush less than {REQUESTS_IN_A_RUSH}"
    listing = Listing(
        "per saga",
        f"alone ({alone.sagas} orders)",
        f"the shop's day ({among.sagas} orders)",
        f"in a rush ({rush.sagas} orders)",
        "the promise",
        title="What a saga costs, counted for the four services together",
        caption=(
            f"Of the requests for orders that come alone, {alone.queries} are looks for overdue orders and discarded "
            f"events in {alone.seconds:.1f} s, which cost the same without any order: "
            f"{alone.requests_without_queries:.1f} each without them. "
            f"Not counted: {alone.metadata + among.metadata + rush.metadata} requests for metadata, made once"
        ),
    )
    rows: tuple[tuple[str, Callable[[Costs], float], str], ...] = (
        ("Cosmos DB requests", lambda costs: costs.requests, requests),
        ("AMQP sends", lambda costs: costs.sends, "one per received batch"),
        ("events in them", lambda costs: costs.events, ""),
        ("checkpoint writes", lambda costs: costs.checkpoints, _PROMISED_CHECKPOINTS),
    )
    for what, count, promise in rows:
        figures = [f"{count(costs) / costs.sagas:.1f}" for costs in (alone, among, rush)]
        listing.add(what, *figures, cell(promise, style="dim"))
    return listing


def failures(play: Play, findings: Sequence[Finding]) -> list[str]:
    """The unexpected results; empty if all is well."""
    wrong = [f"{verdict.story}: {verdict.got}" for verdict in play.verdicts if not verdict.is_met]
    wrong += [f"invariant {finding.number} is broken" for finding in findings if not finding.holds]
    if play.one_at_a_time.requests_without_queries > _most_requests():
        wrong.append(
            f"a saga costs {play.one_at_a_time.requests_without_queries:.1f} Cosmos DB requests, "
            f"at most {_most_requests()} are allowed"
        )
    if play.in_a_rush.requests >= REQUESTS_IN_A_RUSH * play.in_a_rush.sagas:
        wrong.append(f"{play.in_a_rush.requests} Cosmos DB requests for {play.in_a_rush.sagas} sagas in a rush")
    wrong += [
        f"{costs.checkpoints} checkpoint writes in {costs.seconds:.1f} s are more than one per partition and second"
        for costs in (play.one_at_a_time, play.together, play.in_a_rush)
        if _too_many_checkpoints(costs)
    ]
    return wrong


def proof(play: Play) -> str:
    """The result of the demonstration, in a line."""
    orders = sum(verdict.orders for verdict in play.verdicts)
    return (
        f"Shown: {orders} orders in {len(play.verdicts)} stories came out as they should; stock and money add up; all "
        f"four services agree; {play.one_at_a_time.requests_without_queries:.1f} Cosmos DB requests for a saga alone, "
        f"{play.in_a_rush.requests / play.in_a_rush.sagas:.1f} for one among {play.in_a_rush.sagas}."
    )


def _most_requests() -> int:
    return MOST_REQUESTS_ONE_AT_A_TIME[chosen_layout()]


def _too_many_checkpoints(costs: Costs) -> bool:
    """More than one per partition and second; a part of a second counts as one, and the first write takes two."""
    readings = sum(len(readers) for readers in readers_of(choreography(), chosen_layout()).values())
    return costs.checkpoints > readings * PARTITIONS * (ceil(costs.seconds) + 2)
