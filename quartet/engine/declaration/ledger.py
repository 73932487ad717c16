"""The effects that the outside world really had, from its own books: the audit compares them with the services' states.

A service declares beside its port which effects there are, as subclasses of `Effect`. An adapter that has the method
`effects` is a `Ledger`; one that has not works as well, but cannot be audited. One that also has `effects_of` is a
`SagaLedger`, and its effects are audited while the sagas run.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that really happened because of a saga.

    Attributes:
        saga_id: the correlation id of the saga, as the port was called with.
        id: how the outside world names it. Two effects of one type, saga and id are one.
    """

    saga_id: str
    id: str


E_co = TypeVar("E_co", bound=Effect, covariant=True)


class Ledger(Protocol[E_co]):
    """The books of the outside world. Reading them changes nothing."""

    def effects(self) -> AsyncIterator[E_co]:
        """List everything that was done for this deployment's sagas, in any order.

        A declined, refused or voided call has no effect. An action that was undone has two: a charge and a refund.
        The list must come from the books themselves, never from the adapter's memory.

        Raises:
            TransientError or OutageError: the books cannot be read now.
            ConfigurationError: they are not for us, for example because the key is refused.
        """
        ...


class SagaLedger(Ledger[E_co], Protocol[E_co]):
    """Books in which a few sagas can be looked up without reading all of them."""

    def effects_of(self, saga_ids: Collection[str]) -> AsyncIterator[E_co]:
        """As `effects`, for these sagas alone. There may be hundreds: ask once. Raises as `effects` does."""
        ...
