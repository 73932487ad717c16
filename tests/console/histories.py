"""The histories of the sagas of a world, as the auditor sees them."""

from collections import defaultdict
from collections.abc import Iterator

from quartet.console.auditing.heard import Heard, History, heard
from quartet.console.auditing.hub_rules import HUB_RULES, judge_history
from quartet.testing import World


def heard_in(world: World) -> Iterator[tuple[str, Heard]]:
    """The saga of each event, and the event. One partition is read after the other, as a follower may read them."""
    for messages in world.hub.partitions.values():
        for message in messages:
            if (known := heard(message, world.app.hubs(), world.app.models)) is not None:
                yield known


def histories(world: World) -> dict[str, History]:
    """By saga."""
    found: defaultdict[str, list[Heard]] = defaultdict(list)
    for saga_id, one in heard_in(world):
        found[saga_id].append(one)
    return {saga_id: History(tuple(events)) for saga_id, events in found.items()}


def broken_rules(world: World) -> Iterator[str]:
    """A line for each broken rule of the hub: an invariant for `simulate`."""
    for saga_id, history in histories(world).items():
        for rule, lines in zip(HUB_RULES, judge_history(world.app, history), strict=True):
            yield from (f"{saga_id}: {rule.text}: {line}" for line in lines)
