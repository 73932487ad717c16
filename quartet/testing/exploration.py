"""Every order in which things can happen to one saga, with crashes and repeats at every step."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from quartet.choreography import Choreography
from quartet.events import EventData
from quartet.testing.exploring import Node
from quartet.testing.repair import repair
from quartet.testing.violation import Invariant, Violation, broken, broken_at_the_end
from quartet.testing.world import World


@dataclass(frozen=True, slots=True)
class Report:
    """What an exploration has seen.

    Attributes:
        states: how many different states there were.
        ends: the types of the events with which the saga has ended.
        complete: whether all states were visited; not if there are more than the bound.
    """

    states: int
    ends: frozenset[str]
    complete: bool


def explore(
    app: Choreography,
    *,
    ports: Callable[[], Mapping[str, object]],
    events: Sequence[EventData],
    invariants: Sequence[Invariant] = (),
    always: Sequence[Invariant] = (),
    crashes: int = 1,
    repeats: int = 1,
    silences: int = 0,
    most_states: int = 20_000,
) -> Report:
    """Visit every state that a saga can reach, the nearest first, and check each.

    Nothing is assumed about the order of events: each is delivered to each participant at any time after it was said.

    Args:
        app: the application.
        ports: makes the ports of each participant, by its name. They are copied with `copy.deepcopy`.
        events: the events from outside.
        invariants: rules for the end, when no event is on its way and dead letters are redriven.
        always: rules for every state.
        crashes: how often a process may die, after any of its steps.
        repeats: how often an event that was handled may be delivered once more.
        silences: how often a port may not answer, before or after it has acted, until the retries are used up.
        most_states: the bound. Where it is reached, each state that would have been next is brought to its end in one
            order, without further trouble, and checked there.

    Raises:
        Violation: something must not be. The message has a shortest way to it.
    """
    world = World(app, ports(), partitions=1)
    for data in events:
        world.say(data)
    start = Node(world, {}, crashes, repeats, silences)
    start.send()
    seen, ends, waiting = {start.key()}, set[str](), deque([start])
    while waiting:
        node = waiting.popleft()
        if not node.pending:
            ends |= _end(node, invariants)
        after = node.following()
        for following in after:
            _raise(broken(following.world, always), following)
            if (key := following.key()) not in seen:
                if len(seen) >= most_states:
                    for unfinished in (*waiting, following, *after):
                        ends |= _end(unfinished, invariants)
                    return Report(len(seen), frozenset(ends), complete=False)
                seen.add(key)
                waiting.append(following)
    return Report(len(seen), frozenset(ends), complete=True)


def _end(node: Node, invariants: Sequence[Invariant]) -> set[str]:
    """Deliver all events on their way, redrive the dead letters as an operator would, and check the end.

    Returns how the saga has ended.
    """
    last = Node(node.world.copy(), node.numbers, 0, 0, 0, node.pending, node.delivered, node.way)
    last.send()
    last.pending = node.pending
    repair(last.world, last.deliver_all)
    rest = ("  then all else is delivered, without further trouble",) if node.pending else ()
    _raise(broken_at_the_end(last.world, invariants), node, *rest)
    return {data.type for saga_id in last.world.sagas for data in last.world.ends(saga_id)}


def _raise(lines: Sequence[str], node: Node, *rest: str) -> None:
    if lines:
        way = [f"  {number}. {move}" for number, move in enumerate(node.way, 1)]
        raise Violation(lines, "\n".join(["how it came to that:", *way, *rest]))
