"""Seeded runs of an application's services under faults, and the smallest call that repeats one that fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from quartet.azure.environment import EnvironmentSettings
from quartet.choreography import Choreography
from quartet.engine.declaration.invariant import Invariant
from quartet.process.named_ports import SIMULATED
from quartet.testing.cluster.cluster import Cluster
from quartet.testing.cluster.machine.trace import Trace
from quartet.testing.cluster.plan.faults import OPERATOR, ProcessFault
from quartet.testing.cluster.plan.plan import ClusterPlan
from quartet.testing.cluster.proof.drawing import draw_plan
from quartet.testing.cluster.proof.ending import open_sagas, violations
from quartet.testing.cluster.proof.rules import Rules
from quartet.testing.cluster.replicas.setup import record_limits_of
from quartet.testing.cluster.servers.account import MakeAccount
from quartet.testing.shrinking import Cut, fewer, shrink
from quartet.testing.simulation import First
from quartet.testing.violation import Violation

Say: TypeAlias = Callable[[str], object]

_SETTLE_SECONDS: Final = 300.0
_MOST_ATTEMPTS: Final = 100


@dataclass(frozen=True, slots=True)
class _Case:
    """A run that can be repeated."""

    app: Choreography
    account: MakeAccount
    ports: Mapping[str, str]
    own_settings: Mapping[str, EnvironmentSettings]
    invariants: Sequence[Invariant]
    plan: ClusterPlan
    trace: Say | None = field(default=None, compare=False)

    @property
    def sagas(self) -> tuple[str, ...]:
        return tuple(self.plan.sagas)

    def violations(self) -> list[str]:
        found: list[str] = []
        rules, trace = Rules(self.app, record_limits_of(self.plan.seed)), Trace(keep=self.trace is not None)
        cluster = Cluster(
            self.app,
            self.plan,
            self.account,
            rules,
            ports=self.ports,
            own_settings=self.own_settings,
            trace=trace,
        )

        async def main() -> None:
            await cluster.live()
            await cluster.settle(cluster.loop.time() + _SETTLE_SECONDS, lambda: not open_sagas(cluster, rules))
            found.extend(await violations(cluster, rules, self.invariants))

        cluster.run(main())
        for line in trace.lines:
            if self.trace is not None:
                self.trace(line)
        return found or rules.broken

    def with_faults(self, faults: tuple[ProcessFault, ...]) -> "_Case":
        return replace(self, plan=replace(self.plan, faults=faults))

    def with_sagas(self, sagas: tuple[str, ...]) -> "_Case":
        some = tuple(one for one in self.plan.publications if one.saga_id in sagas)
        return replace(self, plan=replace(self.plan, publications=some))

    def __str__(self) -> str:
        faults = "".join(f"        {fault!r},\n" for fault in self.plan.faults)
        return (
            "simulate_services(\n    app, account=account, first=first, invariants=invariants,\n"
            f"    seed={self.plan.seed}, runs=1, sagas={self.sagas!r}, trace=print,\n    faults=(\n{faults}    ),\n)"
        )


def simulate_services(
    app: Choreography,
    *,
    account: MakeAccount,
    first: First,
    ports: Mapping[str, str] | None = None,
    own_settings: Mapping[str, EnvironmentSettings] | None = None,
    invariants: Sequence[Invariant] = (),
    sagas: int | Sequence[str] = 3,
    seed: int = 0,
    runs: int = 10,
    faults: Sequence[ProcessFault] | None = None,
    trace: Say | None = None,
) -> None:
    """Run the services of an application as processes, on servers in memory and a virtual clock, under faults.

    The services are real, from the SDK's clients up: consumers, checkpoints, the watchdog, group commit, dead letters
    and redrives. Their processes are killed and paused, requests get lost, servers are away, reads are stale, batches
    are small. Then the faults end, dead letters are redriven, and the run is checked: every saga has ended, in one
    way; every answer was recorded before it was said, once, and none is lost; no service stalls; the invariants of
    the application hold. `simulate` is faster and has no SDK; use it first.

    A simulated port must keep what it has done in a book (`ServiceContext.book`): its process may die.

    Args:
        app: the application. It must name its services.
        account: makes the account of Cosmos DB: `quartet_emulators.cosmos.in_process.InProcessAccount`.
        first: what is said from outside in a saga, under any saga id: a list; a function that draws one; or a
            Hypothesis strategy of one event, or of a list of them.
        ports: the name of each port, by its environment variable; `simulated` for those that are not named.
        own_settings: the settings of the participants that have their own, by name.
        invariants: what must hold in the end, besides the application's own.
        sagas: how many sagas there are in a run, or their ids.
        seed: the seed of the first run. The next one has the next number.
        runs: how many runs.
        faults: what goes wrong; drawn from the seed if not given. A seed has one to three processes of each service,
            and what is to happen to a process that is not there does not happen.
        trace: is given every line of what happened, after each run.

    Raises:
        ValueError: the application names no services, the settings of a participant are missing, or a fault is to
            happen to a process of no participant.
        Violation: something must not be. The message has a call that repeats it, with few sagas and few faults.
    """
    settings = dict(own_settings or {})
    _check(app, settings, faults or ())
    names = tuple(f"saga-{number}" for number in range(1, sagas + 1)) if isinstance(sagas, int) else tuple(sagas)
    chosen = {**dict.fromkeys(app.port_variables, SIMULATED), **(ports or {})}
    for number in range(seed, seed + runs):
        plan = draw_plan(app, first, number, names)
        if faults is not None:
            plan = replace(plan, faults=tuple(faults))
        case = _Case(app, account, chosen, settings, invariants, plan, trace)
        if case.violations():
            small = _shrunk(replace(case, trace=None))
            raise Violation(small.violations(), f"to repeat it:\n{small}")


def _check(app: Choreography, own_settings: Mapping[str, EnvironmentSettings], faults: Sequence[ProcessFault]) -> None:
    if not app.services:
        raise ValueError(f"{app.name} names no services: give it Choreography(services=...)")
    for service in app.services:
        if service.settings is not None and service.participant.name not in own_settings:
            raise ValueError(f"{service.participant.name} has settings of its own: give them as own_settings")
    for fault in faults:
        if fault.who.rpartition("-")[0] not in {*app.names, OPERATOR}:
            raise ValueError(f"{app.name} has no process {fault.who}: they are called {app.names[0]}-1 and so on")


def _shrunk(case: _Case) -> _Case:
    """A smaller case that fails as well."""
    cuts: list[Cut[_Case]] = [
        fewer(lambda case: case.plan.faults, _Case.with_faults),
        fewer(lambda case: case.sagas, _Case.with_sagas, least=1),
    ]
    return shrink(case, lambda smaller: bool(smaller.violations()), cuts, most=_MOST_ATTEMPTS)
