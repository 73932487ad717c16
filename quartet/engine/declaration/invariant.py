"""Invariants of an application, declared once: the tests check them in memory, the audit on the stored data."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from quartet.engine.declaration.ledger import Effect


class Evidence(Protocol):
    """The states that the participants have of every saga, and the effects in the outside world."""

    @property
    def sagas(self) -> Sequence[str]:
        """The id of every saga that a participant knows something of."""
        ...

    def state(self, participant: str, saga_id: str) -> Any:  # noqa: ANN401 -- each participant has its own
        """The state that a participant has stored; None if it has decided nothing."""
        ...

    def effects(self, participant: str) -> Sequence[Effect]:
        """The effects in the ledger of a participant's port; see `Ledger`.

        Raises:
            ConfigurationError: the port has no ledger, so its effects are unknown.
        """
        ...


Invariant: TypeAlias = Callable[[Evidence], Iterable[str]]
"""Yields a line for everything that must not be, as `saga: what is wrong`. Its docstring's first line is the rule.

The participants continue while the audit looks. Judge a saga by a state that is final, and everything else by rules
that hold at any moment: an effect in progress is then not a violation.
"""

_OF_ONE_SAGA: Final = "judges_one_saga"

F = TypeVar("F", bound=Invariant)


def per_saga(invariant: F) -> F:
    """Mark an invariant that judges each saga by the states and effects of this saga alone.

    It is true of all sagas exactly if it is true of any few of them. So the console checks it while they run, on those
    that have news. What speaks of several sagas, such as a sum or a stock, must not be marked.
    """
    setattr(invariant, _OF_ONE_SAGA, True)
    return invariant


def is_per_saga(invariant: Invariant) -> bool:
    """Whether it is marked with `per_saga`."""
    return getattr(invariant, _OF_ONE_SAGA, False) is True
