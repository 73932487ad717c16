"""Plans drawn from a seed: what is published, which faults there are, and how large everything is."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from quartet.choreography import Choreography
from quartet.engine.declaration.hubs import LAYOUTS
from quartet.events import bucket_of, encode, new_event, to_json
from quartet.testing.cluster.plan.faults import BLOB, COSMOS, HUB, ON_RECEIVE, ON_REQUEST, TIMED, ProcessFault
from quartet.testing.cluster.plan.plan import BUCKETS, EPOCH, ClusterPlan
from quartet.testing.cluster.plan.publication import Publication, Unreadable
from quartet.testing.cluster.plan.scale import SCALES
from quartet.testing.garbage import garbage_for
from quartet.testing.simulation import First, chosen

# What is too large is so at every attempt: with other faults of the same write, by chance, it would contradict itself.
_BY_CHANCE: Final = {server: [kind for kind in kinds if kind != "status 413"] for server, kinds in ON_REQUEST.items()}
_PUBLISHED_TWICE: Final = 0.15
# How many messages about a saga cannot be read.
_GARBAGE: Final = (0, 0, 0, 1, 1, 2)
# Nothing is published, and nothing goes wrong, in the last part of the time.
_PUBLISHED, _FAULTY = 0.7, 0.9


def draw_faults(random: Random, processes: Sequence[str], count: int, until: float) -> tuple[ProcessFault, ...]:
    """Faults of these processes: `count` of them, in the first `until` seconds."""
    return tuple(_fault(random, processes, random.uniform(0, until)) for _ in range(count))


def draw_plan(app: Choreography, first: First, seed: int, sagas: Sequence[str]) -> ClusterPlan:
    """The plan of this seed. What is published in a saga depends on the seed and the saga alone."""
    random = Random(f"{seed} plan")
    until = random.uniform(15, 40)
    plan = ClusterPlan(
        seed=seed,
        publications=tuple(
            one
            for saga_id in sagas
            for one in _publications(app, first, Random(f"{seed} {saga_id}"), saga_id, _PUBLISHED * until)
        ),
        replicas=random.choice((1, 2, 2, 3)),
        partitions=random.choice((1, 2, 4)),
        until=until,
        room=random.choice((1, 2, 5, 1000)),
        scale=random.choice(SCALES),
        layout=LAYOUTS[seed % len(LAYOUTS)] if all(model.said_by for model in app.events.models) else "one",
    )
    names = plan.processes_of(app.names)
    return replace(
        plan,
        faults=draw_faults(random, names, random.choice((3, 6, 12, 24)), _FAULTY * until),
        skews={name: random.uniform(-3, 3) for name in names},
    )


def _publications(app: Choreography, first: First, random: Random, saga_id: str, until: float) -> list[Publication]:
    keys = bucket_of(saga_id, BUCKETS), saga_id
    sent: list[Publication] = []
    for number, data in enumerate(chosen(first, random), start=1):
        event = new_event(data.in_saga(saga_id), source="/outside", time=EPOCH, id=f"{saga_id}-{number}")
        at = random.uniform(0.5, until) if not sent else max(0.1, sent[0].at + random.uniform(-1, 5))
        # With another key it goes to another partition: what is said about one saga may then come in any order.
        publication = Publication(at, data.type, saga_id, random.choice(keys), encode(to_json(event)))
        sent.append(publication)
        if random.random() < _PUBLISHED_TWICE:
            sent.append(replace(publication, at=at + random.expovariate(0.3), key=random.choice(keys)))
    for message in random.sample(garbage_for(app, saga_id), random.choice(_GARBAGE)):
        at = max(0.1, random.uniform(-1, 5) + (sent[0].at if sent else until / 2))
        sent.append(
            Unreadable(at, "garbage", saga_id, random.choice(keys), message.body, event_type=message.event_type)
        )
    return sent


def _fault(random: Random, processes: Sequence[str], at: float) -> ProcessFault:
    who = random.choice(processes)
    seconds = random.choice((0.2, 1.0, 4.0, 12.0, 30.0))
    amount = random.randint(1, 20)
    sort = random.choices((COSMOS, HUB, BLOB, "receive", "timed"), (40, 20, 6, 15, 19))[0]
    if sort == "receive":
        return ProcessFault(random.choice(ON_RECEIVE), who, at=at, amount=amount)
    if sort == "timed":
        return ProcessFault(random.choice(TIMED), who, at=at, seconds=seconds, amount=random.choice((1, 4, 12, 40)))
    return ProcessFault(random.choice(_BY_CHANCE[sort]), who, sort, at=at, seconds=seconds, amount=amount)
