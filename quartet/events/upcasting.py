"""From one version of an event to the next one: what turns `TripRequested.v1` into `TripRequested.v2` on reading."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from quartet.events.base import EventData
from quartet.events.problems import explain, without_input

D = TypeVar("D", bound=EventData)
N = TypeVar("N", bound=EventData)


class UpcastError(Exception):
    """An event of an older version could not be turned into the next one. The message names both, in one line."""


@dataclass(frozen=True, slots=True)
class Upcast(Generic[D, N]):
    """A step from one version to the next one. Make it with `upcast`, which checks that the parts fit each other.

    Attributes:
        old, new: the models of both versions.
        turn: makes the data of the new version from that of the old one. It is called again for each delivery, so it
            must depend on nothing else: no clock, no random number, no request.
        back: the data of the old version from that of the new one, or None where the old one cannot say it.
            `Registry.repeats` uses it to recognise what a release before the new version has recorded.
    """

    old: type[D]
    new: type[N]
    turn: Callable[[D], N]
    back: Callable[[N], D | None] | None = None

    def apply(self, data: Any) -> N:  # noqa: ANN401 -- of the old version: a registry has found this step by it
        """The same in the new version.

        Raises:
            UpcastError: `turn` has failed, or has made something else.
        """
        step = f"{self.old.type} cannot be turned into {self.new.type}"
        try:
            turned = self.turn(data)
        except ValidationError as error:
            raise UpcastError(f"{step}: {explain(error)}") from error
        except Exception as error:
            problem = without_input(" ".join(str(error).split()))
            raise UpcastError(f"{step}: {type(error).__name__}{problem and f': {problem}'}") from error
        if type(turned) is not self.new:
            raise UpcastError(f"{step}: what was made is {type(turned).__name__}")
        if turned.saga_id != data.saga_id:
            raise UpcastError(f"{step}: what was made belongs to another saga, {turned.saga_id}")
        return turned


def upcast(
    old: type[D], new: type[N], turn: Callable[[D], N], *, back: Callable[[N], D | None] | None = None
) -> Upcast[D, N]:
    """A step from `old` to `new`; see `Upcast`. mypy refuses functions that do not fit the models."""
    return Upcast(old, new, turn, back)
