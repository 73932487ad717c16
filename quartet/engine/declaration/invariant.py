"""What must hold of an application, said once: the tests check it in memory, the audit on what is stored."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from quartet.engine.declaration.ledger import Effect


class Evidence(Protocol):
    """What the participants know of every saga, and what the outside world has done because of it."""

    @property
    def sagas(self) -> Sequence[str]:
        """The id of every saga that a participant knows something of."""
        ...

    def state(self, participant: str, saga_id: str) -> Any:  # noqa: ANN401 -- each participant has its own
        """The state that a participant has stored; None if it has decided nothing."""
        ...

    def effects(self, participant: str) -> Sequence[Effect]:
        """What the ledger of a participant's port holds; see `Ledger`.

        Raises:
            ConfigurationError: the port has no ledger, so nothing can be said about what was done.
        """
        ...


Invariant: TypeAlias = Callable[[Evidence], Iterable[str]]
"""Yields a line for everything that must not be, as `saga: what is wrong`. Its docstring's first line is the rule.

The participants continue while the audit looks. Judge a saga by a state that is final, and everything else by rules
that hold at any moment: an effect in progress is then not a violation.
"""
