"""Cutting a case that fails down to what is needed for it to fail."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

C = TypeVar("C")
T = TypeVar("T")
Fails: TypeAlias = Callable[[C], bool]
Cut: TypeAlias = Callable[[C, Fails[C]], C]
"""Makes a case smaller that still fails, as the function says that it is given."""


def shrink(case: C, fails: Fails[C], cuts: Sequence[Cut[C]], *, most: int) -> C:
    """A smaller case that `fails`, too; after `most` attempts, the smallest so far."""
    left = most

    def still(candidate: C) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    before = None
    while case != before and left > 0:
        # With less of one part the others have other steps, so no part can be cut down once and for all.
        before = case
        for cut in cuts:
            case = cut(case, still)
    return case


def fewer(parts: Callable[[C], Sequence[T]], replaced: Callable[[C, tuple[T, ...]], C], *, least: int = 0) -> Cut[C]:
    """Leaves out halves of some parts of a case, then quarters, then single ones; `least` of them stay."""

    def cut(case: C, still: Fails[C]) -> C:
        things = tuple(parts(case))
        chunk = max(1, len(things) // 2)
        while chunk:
            start = 0
            while start < len(things):
                some = (*things[:start], *things[start + chunk :])
                if len(some) >= least and still(replaced(case, some)):
                    things = some
                else:
                    start += chunk
            chunk //= 2
        return replaced(case, things)

    return cut
