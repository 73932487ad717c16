"""Records as Cosmos DB documents, and how the form of a participant's state changes from release to release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from quartet.engine.errors import one_line
from quartet.engine.records.record import Foreign, Json, Record
from quartet.events import explain

S = TypeVar("S")

# Names of the document that belong to the runtime; a participant's state may not use them.
RESERVED: Final = frozenset(
    {
        *("id", "pk", "partition", "handled", "parked", "parked_beyond", "owed", "discarded", "said_before", "version"),
        "recorded_runs",
        "ttl",  # of Cosmos DB, which deletes a document when that many seconds have passed
    }
)
_LINE: Final = ("parked", "owed", "discarded")
_BEYOND: Final = "parked_beyond"
_SAID: Final = "said_before"
_RUNS: Final = "recorded_runs"
# What Cosmos DB adds to a document, and ignores in one that is written.
_SYSTEM: Final = frozenset({"_rid", "_self", "_etag", "_attachments", "_ts"})

Upcaster: TypeAlias = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class StateSchema(Generic[S]):
    """The form of a participant's state in its documents.

    A field that is added with a default needs no new version. Any other change of `state` does: raise `version`, and
    add an upcaster that turns the fields of the version before into those of the next one. Documents are upcast when
    they are read, and written in the newest version. Deploy the readers of a version everywhere before its writers:
    a release that meets a newer version does not touch the saga, whose events wait as dead letters.

    Attributes:
        state: the dataclass.
        version: of the documents that this release writes, from 1.
        upcasters: by the version that each of them starts from.
    """

    state: type[S]
    version: int = 1
    upcasters: Mapping[int, Upcaster] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every older version can be read.

        Raises:
            TypeError: the state is not a dataclass, or uses a name of the runtime, or an upcaster is missing.
        """
        if not is_dataclass(self.state):
            raise TypeError(f"{self.state.__name__} must be a dataclass")
        clash = RESERVED & self.state.__dataclass_fields__.keys()
        if clash:
            raise TypeError(f"{self.state.__name__} uses names that belong to the runtime: {', '.join(sorted(clash))}")
        missing = set(range(1, self.version)) - self.upcasters.keys()
        if missing:
            raise TypeError(f"{self.state.__name__} has no upcaster from version {min(missing)}")


class RecordCodec(Generic[S]):
    """Turns records into Cosmos DB documents and back. The state's fields lie flat, so people can query them."""

    def __init__(self, state: type[S] | StateSchema[S]) -> None:
        """A codec of this state; a dataclass alone is the first version of its form."""
        self._schema = state if isinstance(state, StateSchema) else StateSchema(state)
        self._adapter = TypeAdapter(self._schema.state)
        self._fields = frozenset(getattr(self._schema.state, "__dataclass_fields__", ()))

    def encode(self, record: Record[S]) -> Json:
        """The document, ready for the Cosmos DB SDK.

        In an unreadable document, everything is kept as it is, except for the queue of its dead letters.

        Raises:
            ValueError: the state has something that JSON cannot carry.
        """
        if record.foreign is not None:
            kept = {name: value for name, value in (record.foreign.document or {}).items() if name not in _SYSTEM}
            return {name: value for name, value in kept.items() if name not in (*_LINE, _BEYOND)} | _line(record)
        state = {} if record.state is None else self._adapter.dump_python(record.state, mode="json")
        return {
            **state,
            "id": record.saga_id,
            "pk": record.pk,
            "version": self._schema.version,
            "partition": record.partition,
            "handled": {cause: list(answers) for cause, answers in record.handled.items()},
            **({_SAID: list(record.said_before)} if record.said_before else {}),
            **({_RUNS: list(record.runs)} if record.runs else {}),
            **_line(record),
        }

    def decode(self, document: Json) -> Record[S]:
        """The record in a document. One that this release cannot read is `foreign`; that is no error here."""
        try:
            return self._decode(document)
        except ValidationError as error:
            problem = explain(error)
        except Exception as error:  # noqa: BLE001 -- a document may hold anything, and an upcaster is application code
            problem = one_line(error)
        return self._foreign(document, problem)

    def _decode(self, document: Json) -> Record[S]:
        current = self._upcast(document)
        handled = _checked("handled", current["handled"], dict)
        return Record(
            saga_id=document["id"],
            pk=document["pk"],
            # A saga whose first event became a dead letter is known, but has no state.
            state=None if self._fields.isdisjoint(current) else self._adapter.validate_python(current),
            handled={cause: tuple(_checked("handled", answers, list)) for cause, answers in handled.items()},
            partition=_checked("partition", current["partition"], str),
            etag=document["_etag"],
            parked=tuple(_checked("parked", current.get("parked", []), list)),
            parked_beyond=_checked(_BEYOND, current.get(_BEYOND, 0), int),
            owed=tuple(_checked("owed", current.get("owed", []), list)),
            discarded=tuple(_checked("discarded", current.get("discarded", []), list)),
            said_before=tuple(_checked(_SAID, current.get(_SAID, []), list)),
            runs=tuple(_checked(_RUNS, current.get(_RUNS, []), list)),
        )

    def _upcast(self, document: Json) -> Json:
        version = _checked("version", document.get("version", 1), int)
        if not 1 <= version <= self._schema.version:
            raise ValueError(
                f"version {version} of the state is not known to this release: it knows 1 to {self._schema.version}"
            )
        for step in range(version, self._schema.version):
            document = self._schema.upcasters[step](document)
        return document

    def _foreign(self, document: Json, problem: str) -> Record[S]:
        beyond = document.get(_BEYOND, 0)
        return Record(
            saga_id=document["id"],
            pk=document["pk"],
            partition=str(document.get("partition", "")),
            etag=document["_etag"],
            parked=_texts(document.get("parked")),
            parked_beyond=beyond if isinstance(beyond, int) else 0,
            owed=_texts(document.get("owed")),
            discarded=_texts(document.get("discarded")),
            foreign=Foreign(document, problem),
        )


def _line(record: Record[S]) -> Json:
    """Hardly any saga has dead letters: the names are only there if it does."""
    line = {name: list(getattr(record, name)) for name in _LINE if getattr(record, name)}
    return line | ({_BEYOND: record.parked_beyond} if record.parked_beyond else {})


def _checked(name: str, value: Any, kind: type) -> Any:  # noqa: ANN401 -- JSON
    if not isinstance(value, kind):
        raise TypeError(f"{name} is not a {kind.__name__}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
