"""An event says which saga it belongs to: by its one field of the type `SagaId`, or by the property `saga_id`."""

from typing import ClassVar

import pytest

from quartet.events import EventData, Registry, SagaId, Text


class Boarded(EventData):
    type: ClassVar[str] = "Boarded.v1"
    train: SagaId
    passenger: Text


class Coupled(EventData):
    type: ClassVar[str] = "Coupled.v1"
    train: SagaId
    coach: SagaId


class CoupledTo(Coupled):
    @property
    def saga_id(self) -> str:
        return self.train


class Whistled(EventData):
    type: ClassVar[str] = "Whistled.v1"
    train: Text


def test_the_one_field_of_the_type_names_the_saga() -> None:
    assert Boarded(train="ic-1", passenger="Ada").saga_id == "ic-1"
    assert Boarded(train="ic-1", passenger="Ada").in_saga("ic-2") == Boarded(train="ic-2", passenger="Ada")
    assert Registry(Boarded).models == (Boarded,)


def test_a_property_decides_between_several() -> None:
    assert CoupledTo(train="ic-1", coach="c-7").saga_id == "ic-1"
    assert Registry(CoupledTo).models == (CoupledTo,)


@pytest.mark.parametrize("model", [Coupled, Whistled])
def test_a_model_that_does_not_say_it_is_refused(model: type[EventData]) -> None:
    with pytest.raises(ValueError, match=f"{model.__name__}: give it one field of the type SagaId, or define the prop"):
        Registry(model)
    with pytest.raises(NotImplementedError, match=f"{model.__name__} does not define saga_id"):
        _ = model.model_construct(train="ic-1").saga_id
