"""The words of an application: what its events are called, what they are, and by which of their fields it searches."""

from collections import Counter
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from quartet.choreography import Choreography
from quartet.console.views import AppView, ArrowView, EventTypeView, Kind, ParticipantView
from quartet.events import OUTSIDE, Code, EventData
from quartet.events.base import saga_field
from quartet.topology.edges import compensations, edges, failures
from quartet.version import __version__

_CODE_PATTERN: Final = next(
    piece.pattern
    for field in get_args(Code)[1:]
    if isinstance(field, FieldInfo)
    for piece in field.metadata
    if hasattr(piece, "pattern")
)


class Vocabulary:
    """What the console knows of an application without having seen an event."""

    def __init__(self, app: Choreography) -> None:
        self._app = app
        names = Counter(_name(type_) for type_ in app.events)
        self._labels = {type_: _name(type_) if names[_name(type_)] == 1 else type_ for type_ in app.events}
        self._kinds = {model.type: _kind(app, model) for model in app.events.models}
        undone = compensations(app) - failures(app) - app.ends - app.failed_compensations
        self._undone = {model.type for model in undone}
        self._participants = {participant.source: participant.name for participant in app}
        fields = {name for model in app.events.models for name in _code_fields(model)}
        self._codes = frozenset({"reason", "status", *fields})
        self.saga_fields = tuple(sorted({name for model in app.events.models if (name := saga_field(model))}))

    def label(self, type_: str) -> str:
        """What people call a type of event: its name, without the version where there is no other."""
        return self._labels.get(type_, type_)

    def kind(self, type_: str) -> Kind:
        """What a type of event is in the choreography."""
        return self._kinds.get(type_, "unknown")

    def is_undone(self, type_: str) -> bool:
        """Whether a type of event says that work was undone: only a failure causes it."""
        return type_ in self._undone

    def sayer(self, type_: str, source: str) -> str:
        """The participant with this source; `OUTSIDE` for any other source of an input; else empty."""
        model = self._app.events.get(type_)
        return self._participants.get(source) or (OUTSIDE if model in self._app.inputs else "")

    def is_term(self, field: str) -> bool:
        """Whether a saga can be found by the values of a field: an id, or a code such as a reason."""
        return field.endswith("_id") or field in self._codes

    def hearers(self, type_: str) -> tuple[str, ...]:
        """The participants that hear a type of event."""
        return tuple(one.name for one in self._app if type_ in one.hears)

    def view(self, *, can_act: bool, stuck_after: float) -> AppView:
        """The application, for the page."""
        return AppView(
            name=self._app.name,
            version=__version__,
            participants=tuple(
                ParticipantView(
                    name=one.name, hears=tuple(sorted(one.hears)), says=tuple(sorted(event.type for event in one.says))
                )
                for one in self._app
            ),
            events=tuple(
                EventTypeView(type=type_, label=self.label(type_), kind=self.kind(type_)) for type_ in self._app.events
            ),
            arrows=tuple(
                ArrowView(event=edge.event.type, sayer=edge.sayer, hearer=edge.hearer, compensates=edge.compensates)
                for edge in edges(self._app)
            ),
            can_act=can_act,
            stuck_after=stuck_after,
        )


def _name(type_: str) -> str:
    return type_.rpartition(".")[0] or type_


def _kind(app: Choreography, model: type[EventData]) -> Kind:
    if model in app.failed_ends:
        return "failed_end"
    if model in app.ends:
        return "end"
    if model in app.failed_compensations:
        return "failed_compensation"
    if model in compensations(app):
        return "compensation"
    return "input" if model in app.inputs else "step"


def _code_fields(model: type[BaseModel]) -> Iterator[str]:
    """The names of the fields that hold codes: of the type `Code`, or of an enumeration; also in parts."""
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *_inside(field.annotation)]
        if any(getattr(piece, "pattern", None) == _CODE_PATTERN for piece in field.metadata):
            yield name
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, Enum):
                yield name
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _code_fields(kind)


def _inside(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 -- an annotation may be anything
    for argument in get_args(annotation):
        yield argument
        yield from _inside(argument)
