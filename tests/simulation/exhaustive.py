"""The small case, without chance: one order, and one fault of every kind at every single request.

First the order is run undisturbed, which gives the list of all requests that all replicas make. Then it is run once
for every request and every fault that can hit it: killed before or after the request, stopped there while another
replica takes over and then going on as a zombie, its reply lost, done twice, done late, and so on. A request that is
slow, or a process that is stopped, lets everybody else go on until nothing is left to do: so every schedule with one
delay is among them. With `pairs`, so is every delay together with every crash of another replica.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice, product
from typing import Final, NamedTuple

from quartet.testing.cluster.plan.faults import ADMIN, BLOB, COSMOS, HUB, ON_REQUEST, OPERATOR, ProcessFault
from tests.simulation.content import Json
from tests.simulation.garbage import ALL
from tests.simulation.plan import Plan, event_of, publication
from tests.simulation.publication import Publication
from tests.simulation.run import run_plan
from tests.simulation.saga import SERVICES


@dataclass(frozen=True, slots=True)
class Case:
    """One order and what is to become of it.

    Attributes:
        method, country, lamps: what the gateway, the carrier and the stock say to it.
        cancelled: whether the customer cancels it on its way, through another partition.
        changed: whether it is sent again with other items under its id, while its parcel is being booked.
        blocked: whether a message that cannot be read comes between, so that the order waits until it is discarded.
        recreated: whether the hub is recreated when all is quiet, and another order placed after that. By then there is
            more in it than the old checkpoints count.
        replicas: of each service.
        who: what the names of the processes begin with that are disturbed; empty for all replicas.
        kinds: which faults, by kind of request.
        every: of the disturbances, only each so-manieth is tried, because the runs are long.
    """

    method: str = "tok_visa"
    country: str = "GB"
    lamps: int = 9
    cancelled: bool = False
    changed: bool = False
    blocked: bool = False
    recreated: bool = False
    replicas: int = 2
    who: str = ""
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _TELLING)
    every: int = 1


# What tells most: the others only make a request wait.
_TELLING: Final[Mapping[str, tuple[str, ...]]] = {
    COSMOS: ("crash before", "crash after", "reply lost", "sent again", "done late", "pause after", "conflicts"),
    HUB: ("crash before", "crash after", "reply lost", "done late", "pause after"),
    BLOB: ("crash after",),
}
_LIFE: Final[Mapping[str, tuple[str, ...]]] = {
    COSMOS: ("stop after", "stop during", "restart during", "status 413"),
    HUB: ("stop after", "stop during", "restart during"),
    BLOB: ("crash before",),
    ADMIN: ("crash before", "crash after", "reply lost", "pause after"),
}
_DEATHS: Final[Mapping[str, tuple[str, ...]]] = {
    COSMOS: ("crash after",),
    HUB: ("crash after",),
    BLOB: ("crash after",),
    ADMIN: ("crash before", "crash after", "reply lost"),
}
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    COSMOS: ("crash before", "crash after", "reply lost", "sent again", "conflicts"),
    HUB: ("crash before", "crash after", "reply lost"),
}

CASES: dict[str, Case] = {
    "all is well": Case(),
    "out of stock": Case(lamps=1),
    "card declined": Case("tok_declined"),
    "gateway times out": Case("tok_flaky"),
    "address not served": Case(country="AQ"),
    "refund refused": Case("tok_refund_fails", "AQ"),
    "cancelled": Case(cancelled=True),
    "cancelled, and not served anyway": Case(country="AQ", cancelled=True),
    "sent again with other items": Case(changed=True),
    "stopped and started again": Case(country="AQ", kinds=_LIFE),
    "another hub": Case(recreated=True, kinds=_DEATHS, every=5),
    "another hub, and nobody else is there": Case(recreated=True, replicas=1, kinds=_DEATHS),
    "blocked, and the operator dies": Case(blocked=True, who=OPERATOR, kinds=_COMMANDS),
    "seeded, and the seeding dies": Case(lamps=1, who=f"{OPERATOR}-seed", kinds=_COMMANDS),
}
_LONG = 40.0
# Seconds after which the first order is through, and all checkpoints are written.
_RECREATED = 12.0


class Tried(NamedTuple):
    """One run: what was disturbed how, a digest of its history, how the order ended, and the rule that was broken."""

    what: str
    history: bytes
    ends: tuple[str, ...]
    broken: str | None


@dataclass(slots=True)
class Explored:
    """What was tried.

    Attributes:
        schedules: how many runs there were.
        histories: how many of them went different ways: other writes or events, or in another order.
        ends: how the order ended.
        failed: the faults after which a rule was broken, and which.
    """

    schedules: int = 0
    histories: set[bytes] = field(default_factory=set)
    ends: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, tried: Tried) -> None:
        """Count one more."""
        self.schedules += 1
        self.histories.add(tried.history)
        self.ends.update(tried.ends)
        if tried.broken is not None:
            self.failed[tried.what] = tried.broken

    def text(self) -> str:
        """For people."""
        ends = ", ".join(f"{status} {number:,}" for status, number in sorted(self.ends.items()))
        broken = [f"BROKEN by {what}: {rule}" for what, rule in self.failed.items()]
        head = (
            f"{self.schedules:,} schedules of one order, {len(self.histories):,} different histories, "
            f"{self.seconds:.1f} s; ended as: {ends}"
        )
        return "\n".join([head, *broken])


def explore(
    cases: Iterable[str] = tuple(CASES),
    *,
    pairs: bool = False,
    processes: int = 1,
    fail_fast: bool = False,
    every: int = 1,
) -> Explored:
    """Try every fault at every request of every replica.

    With `fail_fast`, stop at the first broken rule. With `every`, try each so-manieth alone: a sample.
    """
    began = time.perf_counter()
    explored = Explored()
    for tried in _map(processes, islice(_work(cases, pairs=pairs), 0, None, every)):
        explored.add(tried)
        if fail_fast and explored.failed:
            break
    explored.seconds = time.perf_counter() - began
    return explored


def _work(cases: Iterable[str], *, pairs: bool) -> Iterator[tuple[str, Plan]]:
    for name in cases:
        plan = _plan(CASES[name])
        case = CASES[name]
        for faults in islice(_disturbances(case, plan, pairs=pairs), 0, None, 1 if pairs else case.every):
            yield name, replace(plan, faults=plan.faults + faults)


def _map(processes: int, work: Iterator[tuple[str, Plan]]) -> Iterator[Tried]:
    if processes == 1:
        yield from map(_try, work)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_try, work, chunksize=16)


def _try(work: tuple[str, Plan]) -> Tried:
    name, plan = work
    result = run_plan(plan)
    what = f"{name}: {'; '.join(map(str, plan.faults))}"
    history = blake2b("\n".join(result.history).encode(), digest_size=8).digest()
    return Tried(what, history, tuple(result.statuses.elements()), str(result.broken[0]) if result.broken else None)


def _disturbances(case: Case, plan: Plan, *, pairs: bool) -> Iterator[tuple[ProcessFault, ...]]:
    yield ()
    kinds = ON_REQUEST if pairs and case.kinds is _TELLING else case.kinds
    since = _RECREATED if case.recreated else 0.0
    singles = [
        ProcessFault(kind, who, server, nth=number, seconds=_LONG if kind != "done late" else 3.0, amount=number)
        for who, servers in run_plan(plan).requests.items()
        if who.startswith(case.who or SERVICES)
        for number, (server, at) in enumerate(servers, start=1)
        if at >= since
        for kind in kinds.get(server, ())
    ]
    yield from ((single,) for single in singles)
    if pairs and case.kinds is _TELLING:
        delays = [fault for fault in singles if fault.kind == "pause after" and fault.server != BLOB]
        crashes = [fault for fault in singles if fault.kind == "crash after" and fault.server != BLOB]
        yield from ((delay, crash) for delay, crash in product(delays, crashes) if delay.who != crash.who)


def _plan(case: Case) -> Plan:
    data = _order(case, lamps=2)
    sent = [_sent(5.0, "order", "1", "OrderCreated.v1", data)]
    faults: tuple[ProcessFault, ...] = ()
    if case.cancelled:
        request = {"order_id": "marple-1", "reason": "customer"}
        sent.append(_sent(5.22, "cancellation", "2", "OrderCancellationRequested.v1", request))
    if case.changed:
        sent.append(_sent(6.7, "conflict", "1", "OrderCreated.v1", _order(case, lamps=1)))
        faults = tuple(ProcessFault("slow", f"shipping-{n}", COSMOS, at=5.0, seconds=3.0) for n in (1, 2))
    if case.blocked:
        about = event_of("ShippingFailed.v1", {"order_id": "marple-1"}, "/services/shipping", "3")
        kept_by = frozenset({"order", "inventory", "payment"})
        sent.append(replace(publication(5.02, "garbage", "1", about), kept_by=kept_by))
    if case.recreated:
        another = event_of("OrderCreated.v1", _order(case, lamps=1) | {"order_id": "marple-2"}, "/shop", "another")
        sent += [Publication(_RECREATED + 0.5, "garbage", f"none-{n}", "1", b"", kept_by=ALL) for n in range(12)]
        sent.append(publication(_RECREATED + 3, "order", "1", another))
        faults = (ProcessFault("hub recreated", "order-1", at=_RECREATED),)
    return Plan(
        seed=7,
        publications=tuple(sent),
        faults=faults,
        stock={"lamp": case.lamps, "teacup": 20},
        replicas=case.replicas,
        partitions=2 if case.cancelled else 1,
        until=_RECREATED + 30 if case.recreated else 9.0 if case.changed else 7.0,
        deadline=20.0,
    )


def _sent(at: float, what: str, key: str, kind: str, data: Json) -> Publication:
    return publication(at, what, key, event_of(kind, data, "/shop", f"marple-1-{what}"))


def _order(case: Case, lamps: int) -> Json:
    return {
        "order_id": "marple-1",
        "customer_id": "jane",
        "currency": "GBP",
        "items": [
            {"product_id": "lamp", "quantity": lamps, "unit_price": "24.50"},
            {"product_id": "teacup", "quantity": 6, "unit_price": "3.10"},
        ],
        "payment_method": case.method,
        "shipping_address": {
            "recipient": "Jane Marple",
            "street": "Danemead, High Street",
            "city": "St Mary Mead",
            "postal_code": "SM1 1MM",
            "country": case.country,
        },
    }
