"""Walking through worlds: all of them, or one at random."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from services.order.domain import OrderStatus
from tests.domain.world import ORDER_ID, Move, World


def explore(start: World) -> tuple[int, set[OrderStatus]]:
    """Visit every world that can follow from this one, and check each.

    Returns:
        How many different worlds there were, and the statuses in which the order ended.

    Raises:
        AssertionError: If a rule is broken; its notes tell how it came to that.
    """
    seen = {start.key()}
    ends: set[OrderStatus] = set()
    open_worlds: list[tuple[World, tuple[Move, ...]]] = [(start, ())]
    while open_worlds:
        world, path = open_worlds.pop()
        if not any(world.pending.values()):
            with telling(path):
                ends.add(finish(world))
        for move in world.moves():
            way = (*path, move)
            with telling(way):
                following = step(world, move)
            if (key := following.key()) not in seen:
                seen.add(key)
                open_worlds.append((following, way))
    return len(seen), ends


def wander(start: World, random: Random) -> OrderStatus:
    """Go one way through the worlds, and say how the order ended.

    Raises:
        AssertionError: If a rule is broken; its notes tell how it came to that.
    """
    world = start
    path: tuple[Move, ...] = ()
    while moves := list(world.moves()):
        path = (*path, random.choice(moves))
        with telling(path):
            world = step(world, path[-1])
    with telling(path):
        return finish(world)


def finish(world: World) -> OrderStatus:
    """The state after an operator has redriven the open compensations; nothing else may be left open."""
    world = world.copy()
    world.gateway.refunds_work = True
    needed_attention = world.state("order").status is OrderStatus.NEEDS_ATTENTION
    owed = world.owed()
    assert owed or not needed_attention, "attention is needed, but nothing can be redriven"
    for service, event in owed:
        world.deliver(service, event, again=True)
    while waiting := [(name, event) for name, events in world.pending.items() for event in events.values()]:
        world.deliver(*waiting[0])
    world.check_always()
    world.check_end()
    return OrderStatus.NEEDS_ATTENTION if needed_attention else world.state("order").status


def step(world: World, move: Move) -> World:
    """The world after the move, checked."""
    following = world.after(move)
    following.check_always()
    return following


@contextmanager
def telling(path: tuple[Move, ...]) -> Iterator[None]:
    """If a check fails, add to the error how it came to that."""
    try:
        yield
    except Exception as error:
        error.add_note(f"what happened to order {ORDER_ID}:")
        for move in path:
            error.add_note(f"  {move}")
        raise
