"""What every event's data has in common."""

from functools import cache
from hashlib import blake2b
from typing import Any, ClassVar, Self

from pydantic import ConfigDict

from quartet.events.fields import NAMES_SAGA
from quartet.events.model import JsonModel


class Part(JsonModel):
    """Base of what events are made of: immutable. Fields that a reader does not know are ignored.

    Numbers and booleans are taken in their JSON type only, as the published schema says.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class EventData(JsonModel):
    """The data of an event: something that happened in one saga, in the past tense.

    An application has one base class of its own, which says what its sagas are called by:

        class TripEvent(EventData):
            trip_id: SagaId

    A model with several fields of the type `SagaId` defines the property `saga_id`.

    Immutable. Fields that a reader does not know are ignored, so that a writer may be newer. Numbers and booleans are
    taken in their JSON type only, as the published schema says.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    """The CloudEvents type, name and version: `TripRequested.v1`."""

    said_by: ClassVar[tuple[str, ...]] = ()
    """Who may say it: names of participants, and `OUTSIDE`. Without any, every client; `quartet check` forbids that.

    An event of its type from another source has no effect, and is a dead letter.
    """

    @property
    def saga_id(self) -> str:
        """The saga that it belongs to: its field of the type `SagaId`.

        Raises:
            NotImplementedError: the model does not say. A registry refuses such a model.
        """
        name = saga_field(type(self))
        if name is None:
            raise NotImplementedError(f"{type(self).__name__} does not define saga_id")
        saga_id: str = getattr(self, name)
        return saga_id

    @property
    def remark(self) -> str:
        """A summary in a few words, for a list of events: why, what, how much. Empty unless a model overrides it."""
        return ""

    @property
    def discriminator(self) -> str:
        """What tells it apart from another answer of its type to the same event; mostly nothing."""
        return ""

    def in_saga(self, saga_id: str) -> Self:
        """The same in another saga: every field that names this one names the other one."""
        names = {name: saga_id for name in type(self).model_fields if getattr(self, name) == self.saga_id}
        return self.model_copy(update=names)

    def to_json(self) -> dict[str, Any]:
        """The data as JSON values, without fields that are not set."""
        return self.model_dump(mode="json", exclude_none=True)

    def fingerprint(self) -> str:
        """Equal for equal content, on every machine and in every release.

        Fields that were not given do not count, so an optional field that is added later changes no
        fingerprint that was taken before.
        """
        content = self.model_dump_json(exclude_defaults=True, exclude_none=True)
        return blake2b(content.encode(), digest_size=16).hexdigest()


@cache
def saga_field(model: type[EventData]) -> str | None:
    """The field by which a model names its saga: the only one of the type `SagaId`. None if there is none, or more."""
    names = [name for name, field in model.model_fields.items() if NAMES_SAGA in field.metadata]
    return names[0] if len(names) == 1 else None
