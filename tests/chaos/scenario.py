"""What is done to the system, drawn by a seed: acts, one after the other, in a weather that never clears."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from quartet_emulators.faults.catalogue import KINDS

from quartet import Choreography
from services.orchestrator.app import ORCHESTRATED
from services.shop import SHOP

REPLICAS: Final = 2

# How bad each kind of fault is in an act. What is not here strikes one request in five.
_FIERCE: Final[Mapping[str, Mapping[str, Any]]] = {
    "half_open": {"probability": 0.03, "seconds": 30.0},
    "drop_connection": {"probability": 0.1},
    "lost_acknowledgement": {"probability": 0.15},
    "steal": {"probability": 0.05},
    "detach": {"probability": 0.1},
    "rewind": {"probability": 0.1, "events": 200},
    "refuse": {"probability": 0.5},
    "slow": {"probability": 0.2, "seconds": 0.5},
    "throttle": {"probability": 0.4, "retry_after_ms": 50},
    "lost_ownership": {"probability": 0.5},
    "stale": {"probability": 0.5, "versions": 5},
}
_DEFAULT: Final[Mapping[str, Any]] = {"probability": 0.2}
_WEATHER: Final = 0.002  # what every kind of fault strikes at all times
# The services only: other clients would only show that a client without retries gives up.
_MATCH: Final = {"agent": "*quartet-*"}


@dataclass(frozen=True, slots=True)
class Cast:
    """What runs.

    Attributes:
        application: its services are killed and paused. Each must keep what no service can read.
        servers: those that may fail, as the plans of faults call them.
    """

    application: Choreography
    servers: tuple[str, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services."""
        return self.application.names


_ALWAYS: Final = ("event_hubs", "cosmos", "blob")
CASTS: Final[Mapping[str, Cast]] = {
    "choreographed": Cast(SHOP, _ALWAYS),
    "orchestrated": Cast(ORCHESTRATED, (*_ALWAYS, "durable_tasks")),
}
"""By the style of the saga."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to the system.

    Attributes:
        kind: what, in a word; recovery is reported by it.
        seconds: how long it lasts.
        targets: the processes or the server that it is done to.
        rules: the faults that are switched on while it lasts.
    """

    kind: str
    seconds: float
    targets: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = field(default=())

    def __str__(self) -> str:
        whom = "" if self.targets in [(server,) for server in KINDS] else f": {', '.join(self.targets)}"
        storm = ", ".join(rule["fault"] for rule in self.rules)
        what = f"{self.kind}{whom}" if self.targets else self.kind
        return f"{what}, {self.seconds:.1f} s" + (f", with {storm}" if self.targets and storm else "")


def acts(seed: int, cast: Cast) -> Iterator[Act]:
    """Acts without end: every kind once, in an order that the seed gives, then every kind again."""
    random = Random(seed)
    while True:
        # Half of the blows fall while a storm blows: what goes wrong while something else goes wrong, finds most.
        deck = [_in_a_storm(blow, random, cast) if random.random() < 0.5 else blow for blow in _blows(random, cast)]
        deck += _storms(random, cast)
        random.shuffle(deck)
        yield from deck


def weather(cast: Cast) -> list[dict[str, Any]]:
    """Every kind of fault, rarely."""
    return [
        {**_rule(server, fault), "probability": _WEATHER, "name": f"weather {server} {fault}"}
        for server in cast.servers
        for fault in KINDS[server]
    ]


def _blows(random: Random, cast: Cast) -> Iterator[Act]:
    """Processes killed and paused, servers away."""
    for _ in range(2):
        yield Act("kill", random.uniform(0.0, 4.0), (_replica(random, cast),))
    service = random.choice(cast.services)
    yield Act("kill both replicas", random.uniform(0.0, 4.0), tuple(replica_names(service)))
    yield Act("kill all services", random.uniform(0.0, 2.0), tuple(n for s in cast.services for n in replica_names(s)))
    yield Act("pause beyond the lease", random.uniform(8.0, 11.0), (_replica(random, cast),))
    yield Act("pause briefly", random.uniform(1.0, 4.0), (_replica(random, cast),))
    yield Act("kill the emulators", random.uniform(0.0, 4.0), ("emulators",))
    # Little is in progress when a process dies, unless a server was away before.
    for server in cast.servers:
        victims = tuple(replica_names(random.choice(cast.services)))
        yield Act(f"outage of {server} with deaths", random.uniform(2.0, 4.0), (server, *victims))
    for server in cast.servers:
        yield Act(f"outage of {server}", random.uniform(1.0, 6.0), (server,))


def _storms(random: Random, cast: Cast) -> Iterator[Act]:
    """Every kind of fault once, two kinds of one server at a time."""
    for server in cast.servers:
        faults = list(KINDS[server])
        random.shuffle(faults)
        for start in range(0, len(faults), 2):
            pair = faults[start : start + 2]
            kind = f"{server}: {' + '.join(pair)}"
            yield Act(kind, random.uniform(3.0, 5.0), (), tuple(_rule(server, fault) for fault in pair))


def _in_a_storm(blow: Act, random: Random, cast: Cast) -> Act:
    """A blow with three kinds of fault of one server around it."""
    server = random.choice(cast.servers)
    faults = random.sample(list(KINDS[server]), 3)
    return replace(blow, rules=tuple(_rule(server, fault) for fault in faults))


def _rule(server: str, fault: str) -> dict[str, Any]:
    # The clients of the scheduler have no name of their own there, and are all the services'.
    match = {} if server == "durable_tasks" else {"match": _MATCH}
    rule = {"server": server, "fault": fault, **match, **_FIERCE.get(fault, _DEFAULT)}
    known = {"server", "fault", "match", "probability", *KINDS[server][fault].parameters}
    return {name: value for name, value in rule.items() if name in known}


def _replica(random: Random, cast: Cast) -> str:
    return random.choice(replica_names(random.choice(cast.services)))


def replica_names(service: str) -> Sequence[str]:
    """As the supervisor names them."""
    return [service if number == 1 else f"{service}-{number}" for number in range(1, REPLICAS + 1)]
