"""The small case, without chance: one order, and one fault of every kind at every single request.

First the order is run undisturbed, which gives the list of all requests that all replicas make. Then it is run once
for every request and every fault that can hit it: killed before or after the request, stopped there while another
replica takes over and then going on as a zombie, its reply lost, done twice, done late, and so on. A request that is
slow, or a process that is stopped, lets everybody else go on until nothing is left to do: so every schedule with one
delay is among them. With `whole`, so is every pair of a delay and a crash in different services.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from shared.events import OrderCancellationRequested, OrderCreated
from tests.simulation.faults import BLOB, COSMOS, HUB, ON_REQUEST, Fault
from tests.simulation.plan import Plan, publication
from tests.simulation.run import run_plan

FATES: dict[str, tuple[str, str, int]] = {
    "all is well": ("tok_visa", "GB", 9),
    "out of stock": ("tok_visa", "GB", 1),
    "card declined": ("tok_declined", "GB", 9),
    "gateway times out": ("tok_flaky", "GB", 9),
    "address not served": ("tok_visa", "AQ", 9),
    "refund refused": ("tok_refund_fails", "AQ", 9),
}
# What tells most: the others only make a request wait.
_TELLING = {
    COSMOS: ("crash before", "crash after", "reply lost", "sent again", "done late", "pause after", "conflicts"),
    HUB: ("crash before", "crash after", "reply lost", "done late", "pause after"),
    BLOB: ("crash after",),
}
_LONG = 40.0


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
    histories: set[int] = field(default_factory=set)
    ends: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def text(self) -> str:
        """For people."""
        ends = ", ".join(f"{status} {number:,}" for status, number in sorted(self.ends.items()))
        broken = [f"BROKEN by {what}: {rule}" for what, rule in self.failed.items()]
        head = (
            f"{self.schedules:,} schedules of one order, {len(self.histories):,} different histories, "
            f"{self.seconds:.1f} s; ended as: {ends}"
        )
        return "\n".join([head, *broken])


def explore(fates: tuple[str, ...] = tuple(FATES), *, cancelled: bool = True, whole: bool = False) -> Explored:
    """Try every fault at every request of every replica, for these fates of an order, also if it is cancelled."""
    began = time.perf_counter()
    explored = Explored()
    for fate, cancel in product(fates, (False, True) if cancelled else (False,)):
        plan = _plan(fate, cancel=cancel)
        for faults in _disturbances(plan, whole=whole):
            _try(replace(plan, faults=faults), f"{fate}, {cancel=}", explored)
    explored.seconds = time.perf_counter() - began
    return explored


def _try(plan: Plan, what: str, explored: Explored) -> None:
    result = run_plan(plan)
    explored.schedules += 1
    explored.histories.add(hash(tuple(result.history)))
    explored.ends += result.statuses
    if result.broken:
        explored.failed[f"{what}: {'; '.join(map(str, plan.faults))}"] = str(result.broken[0])


def _disturbances(plan: Plan, *, whole: bool) -> Iterator[tuple[Fault, ...]]:
    yield ()
    kinds = ON_REQUEST if whole else _TELLING
    singles = [
        Fault(kind, who, server, nth=number, seconds=_LONG if kind != "done late" else 3.0, amount=number)
        for who, servers in run_plan(plan).requests.items()
        for number, server in enumerate(servers, start=1)
        for kind in kinds[server]
    ]
    yield from ((single,) for single in singles)
    if whole:
        delays = [fault for fault in singles if fault.kind == "pause after" and fault.server != BLOB]
        crashes = [fault for fault in singles if fault.kind == "crash after" and fault.server != BLOB]
        yield from ((delay, crash) for delay, crash in product(delays, crashes) if delay.who != crash.who)


def _plan(fate: str, *, cancel: bool) -> Plan:
    method, country, lamps = FATES[fate]
    data = OrderCreated.model_validate(
        {
            "order_id": "marple-1",
            "customer_id": "jane",
            "currency": "GBP",
            "items": [
                {"product_id": "lamp", "quantity": 2, "unit_price": "24.50"},
                {"product_id": "teacup", "quantity": 6, "unit_price": "3.10"},
            ],
            "payment_method": method,
            "shipping_address": {
                "recipient": "Jane Marple",
                "street": "Danemead, High Street",
                "city": "St Mary Mead",
                "postal_code": "SM1 1MM",
                "country": country,
            },
        }
    )
    sent = [publication(0.3, "order", "1", data, "marple-1-created")]
    if cancel:
        request = OrderCancellationRequested(order_id="marple-1", reason="customer")
        sent.append(publication(0.46, "cancellation", "1", request, "marple-1-cancel"))
    return Plan(
        seed=7,
        publications=tuple(sent),
        stock={"lamp": lamps, "teacup": 9},
        replicas=2,
        partitions=1,
        until=2.0,
        deadline=20.0,
    )
