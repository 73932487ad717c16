"""The port through which an engine reports its work; the default is silent and costs nothing.

What implements it must not raise, must not wait, and must take no part in any decision.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:  # those import this module
    from quartet.engine.batch import Batch
    from quartet.engine.ports import DeadLetter
    from quartet.engine.received import Delivery
    from quartet.engine.saga_update import Step


class Handling(Protocol):
    """The run of a handler about one event, with all its attempts."""

    def observe(self, ports: object) -> object:
        """The same ports; their calls are noted."""

    def close(self) -> None:
        """Note that the handler has returned, or raised for the last time."""


class Observer(Protocol):
    """Sees what an engine does. Times are nanoseconds since 1970."""

    @property
    def on(self) -> bool:
        """Whether it is worth preparing something for it."""

    def clock(self) -> int:
        """The present time; 0 if no one needs it."""

    def received(self, batch: "Batch") -> None:
        """A batch has come in, perhaps with nothing for the participant."""

    def begins(self, batch: "Batch") -> None:
        """The work on a batch begins, in the task that calls this."""

    def ends(self, batch: "Batch") -> None:
        """The work on a batch has ended, in the same task."""

    def handling(self, delivery: "Delivery") -> Handling | None:
        """A handler begins, in the task that calls this; None if its run is not observed."""

    def wrote(self, container: str, charges: Mapping[str, float], began: int) -> None:
        """A write that began then has ended. `charges`: by saga id, in request units."""

    def lost(self, partition: str, steps: Sequence["Step"]) -> None:
        """These steps count for nothing: another writer was first. Their events are handled again."""

    def buried(self, letters: Sequence["DeadLetter"]) -> None:
        """These dead letters are stored."""

    def finished(
        self, partition: str, steps: Sequence["Step"], began: int, *, sent: bool
    ) -> Sequence[Mapping[str, object]]:
        """These steps are committed and their answers published, the latter since `began`; `sent`: if there were any.

        Returns:
            Fields for the log line of each step; empty if there are none.
        """


class _Unobserved:
    """An `Observer` that sees nothing."""

    on = False

    def clock(self) -> int:
        return 0

    def received(self, batch: "Batch") -> None:
        pass

    def begins(self, batch: "Batch") -> None:
        pass

    def ends(self, batch: "Batch") -> None:
        pass

    def handling(self, delivery: "Delivery") -> Handling | None:
        pass

    def wrote(self, container: str, charges: Mapping[str, float], began: int) -> None:
        pass

    def lost(self, partition: str, steps: Sequence["Step"]) -> None:
        pass

    def buried(self, letters: Sequence["DeadLetter"]) -> None:
        pass

    def finished(
        self,
        partition: str,  # noqa: ARG002 -- the same arguments as of every observer
        steps: Sequence["Step"],  # noqa: ARG002 -- as above
        began: int,  # noqa: ARG002 -- as above
        *,
        sent: bool,  # noqa: ARG002 -- as above
    ) -> Sequence[Mapping[str, object]]:
        return ()


UNOBSERVED: Final[Observer] = _Unobserved()
"""Sees nothing."""
