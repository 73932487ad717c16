"""The online auditor's rules of the hub, on every event of a run: none is broken by a right shop, whatever happens."""

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from quartet.azure.event_hubs.client import message_of
from quartet.console.auditing.heard import Heard, History, heard
from quartet.console.auditing.hub_rules import HUB_RULES, judge_history
from services.shop import SHOP

if TYPE_CHECKING:
    from azure.eventhub import EventData

    from tests.simulation.run import Simulation

_FORGED = HUB_RULES[1]  # forged events are among what is published, and to be found


def check_heard(simulation: "Simulation") -> None:
    """Tell the watcher of every rule of the hub that is broken."""
    sagas: defaultdict[str, list[Heard]] = defaultdict(list)
    hubs = simulation.cluster.layout
    for log in simulation.cluster.logs.values():
        for stored in log:
            if (known := heard(message_of(cast("EventData", stored), stored.hub), hubs, SHOP.models)) is not None:
                sagas[known[0]].append(known[1])
    for saga_id, events in sagas.items():
        found = judge_history(SHOP, History(tuple(events)))
        for rule, lines in zip(HUB_RULES, found, strict=True):
            if lines and rule is not _FORGED:
                simulation.watcher.broke(rule.text, f"{saga_id}: {lines[0]}")
