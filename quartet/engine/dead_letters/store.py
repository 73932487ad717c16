"""Dead letters as an operator meets them: stored, open or settled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from quartet.engine.ports import DeadLetter, DeadLetters

DISCARDED: Final = "discarded"
"""The outcome of a dead letter that an operator has discarded. It stays discarded at each redelivery."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How a dead letter has ended.

    Attributes:
        at: when.
        outcome: the outcome of its event, in words; `discarded` if an operator has discarded it.
    """

    at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A dead letter as it is stored.

    Attributes:
        settled: None as long as it is open.
        etag: the version that was read.
        expires_at: when the store deletes it; None if it does not.
        is_copy: whether it has the content of a discarded dead letter, which expires before the dead letter itself.
    """

    letter: DeadLetter
    settled: Settled | None
    etag: str
    expires_at: datetime | None = None
    is_copy: bool = False

    @property
    def id(self) -> str:
        """See `DeadLetter.id`."""
        return self.letter.id


class DeadLetterStore(DeadLetters, Protocol):
    """The dead letters of one service, to read and to close."""

    async def find(self, *, saga_id: str | None = None, settled: bool = False) -> list[StoredLetter]:
        """The open dead letters, with `settled` those that have ended too; with a saga id, that saga's.

        They come in the order in which they died.

        Raises:
            OutageError: the store cannot be reached.
        """

    async def get(self, letter_id: str) -> StoredLetter | None:
        """One dead letter, open or not; None if there is none of this id.

        Raises:
            OutageError: the store cannot be reached.
        """

    async def settle(self, stored: StoredLetter, settled: Settled) -> bool:
        """Note how a dead letter has ended, unless it has changed since it was read.

        Returns:
            Whether it was noted.

        Raises:
            OutageError: the store cannot be reached. It may have been noted.
        """
