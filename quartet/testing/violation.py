"""Invariants, and the error for a violated one."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from quartet.testing.world import World

Invariant: TypeAlias = Callable[[World], Iterable[str]]
"""Looks at a world, and yields a line for everything that must not be. It may assert instead."""

# Reasons of the engine itself. With others, a handler has rejected an event on purpose.
NOT_HANDLED: Final = frozenset(
    {"handler_failed", "retries_used_up", "runtime_failed", "reading_failed", "state_not_stored", "state_unreadable",
     "answer_not_published", "compensation_failed", "waiting", "upcast_failed"}
)  # fmt: skip


class Violation(AssertionError):  # noqa: N818 -- the word of the field
    """Something happened that must not. The message says what, and how it came to that.

    Attributes:
        lines: the violations, a line each.
    """

    def __init__(self, lines: Sequence[str], how: str) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join([*lines, how]))


def broken(world: World, invariants: Iterable[Invariant]) -> list[str]:
    """The violations of these invariants, and of the rules for any application."""
    lines = list(world.witness.violations)
    for invariant in invariants:
        try:
            lines += invariant(world)
        except AssertionError as error:
            lines.append(f"{getattr(invariant, '__name__', invariant)}: {str(error) or 'does not hold'}")
    return lines


def broken_at_the_end(world: World, invariants: Iterable[Invariant]) -> list[str]:
    """The same once all faults are over and dead letters redriven, with the application's own invariants.

    Every saga has ended then, in one way, and nothing is left that failed.
    """
    lines = []
    for saga_id in world.sagas:
        ends = {data.type for data in world.ends(saga_id)}
        if not ends:
            lines.append(f"{saga_id} has not ended: {[data.type for data in world.answers(saga_id)]}")
        if len(ends) > 1:
            lines.append(f"{saga_id} has ended in {len(ends)} ways: {', '.join(sorted(ends))}")
    for participant in world.app:
        lines += [
            f"{participant.name} cannot handle {letter.event_type} of {letter.saga_id}: "
            f"{letter.reason}: {letter.detail}"
            for letter in world.dead_letters(participant.name)
            if letter.reason in NOT_HANDLED
        ]
    return [*lines, *broken(world, [*world.app.invariants, *invariants])]
