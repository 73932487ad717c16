"""Which types of events there are, and how a type changes.

**A compatible change stays in its version.** A new optional field, a new value of an open reason (`Code`):
readers ignore fields that they do not know and take reasons that they do not know. Deploy readers and
writers in any order. `quartet schema --check` refuses any other change of a released type.

**Any other change is a new version beside the old one**: a required field, a new meaning, another form. To
add `RoomBooked.v2`:

1. Write the model `RoomBookedV2` with `type = "RoomBooked.v2"`, and add it to the registry, with an upcast from v1:
   `Registry(RoomBooked, RoomBookedV2, upcasts=(upcast(RoomBooked, RoomBookedV2, to_v2),))`.
   Every reader understands both from then on, and no service says v2 yet.
2. Change the handlers from v1 to v2, and deploy these readers. They get v1 as v2.
3. Let the writer say v2 instead of v1, never both: an answer is said once. Replicas of the old writer may
   still say v1 during the roll-out.
4. Remove v1 when the hub's retention has passed since the last v1 was said, and no dead letter of it is left
   to redrive. Recorded answers in the database are published as they were recorded, so they count as said
   too.

A participant that must tell v1 from v2 keeps a handler for each: an event is upcast only as far as the first version
that its participant handles. See docs/adr/0034-contracts-are-guarded.md.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from quartet.events.base import EventData, saga_field
from quartet.events.event import Event
from quartet.events.upcasting import Upcast

_TYPE: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*)\.v([1-9][0-9]*)")


def version_of(type_: str) -> tuple[str, int]:
    """The name and the version of a type: `RoomBooked.v2` is version 2 of `RoomBooked`.

    Raises:
        ValueError: it is not a name with a version.
    """
    found = _TYPE.fullmatch(type_)
    if found is None:
        raise ValueError(f"{type_}: not a name with a version")
    return found[1], int(found[2])


class Registry(Mapping[str, type[EventData]]):
    """The model of each type of event of an application: `RoomBooked.v1` → `RoomBooked`.

    It keeps the order in which the models were given: best the one in which a saga says them.
    """

    def __init__(self, *models: type[EventData], upcasts: Iterable[Upcast[Any, Any]] = ()) -> None:
        """A registry of these models.

        Args:
            models: one for each version of each event.
            upcasts: how data of an older version is turned into the next one on reading.

        Raises:
            ValueError: two models have one type, a type has no version, a model does not say what its saga is, or an
                upcast does not lead from one of the models to its next version.
        """
        self._models: dict[str, type[EventData]] = {}
        for model in models:
            _check(model)
            if self._models.setdefault(model.type, model) is not model:
                raise ValueError(f"{model.type}: two models have this type")
        self._upcasts: dict[type[EventData], Upcast[Any, Any]] = {}
        for one in upcasts:
            self._check_upcast(one)
            self._upcasts[one.old] = one

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

    @property
    def upcasts(self) -> tuple[Upcast[Any, Any], ...]:
        """The upcasts, in their order."""
        return tuple(self._upcasts.values())

    @property
    def outdated(self) -> frozenset[type[EventData]]:
        """The models that have an upcast to a newer version."""
        return frozenset(self._upcasts)

    def newer(self, model: type[EventData]) -> Iterator[Upcast[Any, Any]]:
        """The upcasts from this model, one after the other, as far as they lead."""
        while (step := self._upcasts.get(model)) is not None:
            yield step
            model = step.new

    def repeats(self, event: Event[Any], fingerprint: str) -> bool:
        """Whether the event has the data of this fingerprint, in whichever version it was taken.

        It is, if that fingerprint is one of the event as it was said, of its newer versions, or of the older ones to
        which an upcast leads `back`.

        Raises:
            UpcastError: the event cannot be turned into a newer version.
        """
        return any(form.fingerprint() == fingerprint for form in self._forms(event))

    def _forms(self, event: Event[Any]) -> Iterator[EventData]:
        said: EventData = event.data if event.original is None else event.original
        yield said
        newer = said
        for step in self.newer(type(said)):
            newer = step.apply(newer)
            yield newer
        backwards = {step.new: step for step in self.upcasts}
        older: EventData | None = said
        while older is not None and (before := backwards.get(type(older))) is not None and before.back is not None:
            older = before.back(older)
            if older is not None:
                yield older

    def _check_upcast(self, one: Upcast[Any, Any]) -> None:
        step = f"the upcast from {one.old.type} to {one.new.type}"
        if unknown := [model.type for model in (one.old, one.new) if self._models.get(model.type) is not model]:
            raise ValueError(f"{step}: {unknown[0]} is not in the registry")
        name, version = version_of(one.old.type)
        versions = sorted(number for known, number in map(version_of, self._models) if known == name)
        following = next((f"{name}.v{number}" for number in versions if number > version), None)
        if one.new.type != following:
            raise ValueError(f"{step}: must lead to the next version, {following or 'and there is none'}")
        if one.old in self._upcasts:
            raise ValueError(f"{step}: there are two of them")


def _check(model: type[EventData]) -> None:
    name = model.__name__
    if not isinstance(getattr(model, "type", None), str) or not _TYPE.fullmatch(model.type):
        raise ValueError(f'{name}: type must be a name with a version, such as "{name}.v1"')
    if model.saga_id is EventData.saga_id and saga_field(model) is None:
        raise ValueError(f"{name}: give it one field of the type SagaId, or define the property saga_id")
