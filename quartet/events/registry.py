"""Which types of events there are, and how a type changes.

**A compatible change stays in its version.** A new optional field, a new value of an open reason (`Code`):
readers ignore fields that they do not know and take reasons that they do not know. Deploy readers and
writers in any order.

**Any other change is a new version beside the old one**: a required field, a new meaning, another form. To
add `RoomBooked.v2`:

1. Write the model `RoomBookedV2` with `type = "RoomBooked.v2"`, and add it to the registry.
   Every reader understands both from then on, and no service says v2 yet.
2. Give each service that hears v1 a handler for v2 beside it (a table is keyed by model), and deploy these
   readers. Where v2 says more than v1, both handlers call the same domain function.
3. Let the writer say v2 instead of v1, never both: an answer is said once. Replicas of the old writer may
   still say v1 during the roll-out.
4. Remove v1 when the hub's retention has passed since the last v1 was said, and no dead letter of it is left
   to redrive. Recorded answers in the database are published as they were recorded, so they count as said
   too.

There is no upcaster: translating v1 into v2 on reading would hide from a handler which of the two it was
told.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from quartet.events.base import EventData, saga_field

_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*\.v[1-9][0-9]*")


class Registry(Mapping[str, type[EventData]]):
    """The model of each type of event of an application: `RoomBooked.v1` → `RoomBooked`.

    It keeps the order in which the models were given: best the one in which a saga says them.
    """

    def __init__(self, *models: type[EventData]) -> None:
        """A registry of these models.

        Raises:
            ValueError: two models have one type, a type has no version, or a model does not say what its saga is.
        """
        self._models: dict[str, type[EventData]] = {}
        for model in models:
            _check(model)
            if self._models.setdefault(model.type, model) is not model:
                raise ValueError(f"{model.type}: two models have this type")

    def __getitem__(self, type_: str) -> type[EventData]:
        return self._models[type_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    @property
    def models(self) -> tuple[type[EventData], ...]:
        """The models, in their order."""
        return tuple(self._models.values())


def _check(model: type[EventData]) -> None:
    name = model.__name__
    if not isinstance(getattr(model, "type", None), str) or not _TYPE.fullmatch(model.type):
        raise ValueError(f'{name}: type must be a name with a version, such as "{name}.v1"')
    if model.saga_id is EventData.saga_id and saga_field(model) is None:
        raise ValueError(f"{name}: give it one field of the type SagaId, or define the property saga_id")
