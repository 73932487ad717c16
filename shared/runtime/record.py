"""The document of one order in one service: its state, and what was answered to which event.

The answers are part of the document, so state and answers are one write. An event that comes again finds its
recorded answers here, and they are published again with the same ids: there is no outbox and no relay.
"""

from dataclasses import dataclass, field, is_dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import TypeAdapter

S = TypeVar("S")
Json: TypeAlias = dict[str, Any]

# Names of the document that belong to the runtime; a participant's state may not use them.
RESERVED = frozenset({"id", "pk", "partition", "handled", "parked", "owed"})


@dataclass(frozen=True, slots=True)
class Record(Generic[S]):
    """One order as one service knows it.

    Attributes:
        order_id: the document's id.
        pk: the order's bucket, the document's partition key.
        state: the participant's own state; None as long as nothing was decided.
        handled: the id of each event that was handled, with the answers to it as structured CloudEvents.
        partition: the hub partition that the order's last event came from.
        etag: the version that was read or written; None if the document does not exist yet.
        parked: the ids of the dead letters that block the order, in the order in which they came. Only the first of
            them may be handled; everything else that is heard of the order waits behind it.
        owed: the ids of the dead letters that stand for a compensation that is still owed. They block nothing; each
            is handled again whenever it comes again.
    """

    order_id: str
    pk: str
    state: S | None = None
    handled: dict[str, tuple[Json, ...]] = field(default_factory=dict)
    partition: str = ""
    etag: str | None = None
    parked: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether nothing of it has ever been stored, as far as is known."""
        return self.etag is None

    @property
    def has_dead_letters(self) -> bool:
        """Whether an operator may be at work on it, from outside this process."""
        return bool(self.parked or self.owed)


class RecordCodec(Generic[S]):
    """Turns records into Cosmos DB documents and back. The state's fields lie flat, so people can query them."""

    def __init__(self, state: type[S]) -> None:
        if not is_dataclass(state):
            raise TypeError(f"{state.__name__} must be a dataclass")
        self._adapter = TypeAdapter(state)
        self._fields = frozenset(state.__dataclass_fields__)
        clash = RESERVED & self._fields
        if clash:
            raise TypeError(f"{state.__name__} uses names that belong to the runtime: {', '.join(sorted(clash))}")

    def encode(self, record: Record[S]) -> Json:
        """The document, ready for the Cosmos DB SDK."""
        state = {} if record.state is None else self._adapter.dump_python(record.state, mode="json")
        letters = {"parked": list(record.parked), "owed": list(record.owed)}
        return {
            **state,
            "id": record.order_id,
            "pk": record.pk,
            "partition": record.partition,
            "handled": {cause: list(answers) for cause, answers in record.handled.items()},
            # Hardly any order has dead letters: the names are only there if it does.
            **{name: ids for name, ids in letters.items() if ids},
        }

    def decode(self, document: Json) -> Record[S]:
        """The record in a document.

        Raises:
            pydantic.ValidationError: the document is not one that this version wrote.
        """
        return Record(
            order_id=document["id"],
            pk=document["pk"],
            # An order whose first event became a dead letter is known, but has no state.
            state=None if self._fields.isdisjoint(document) else self._adapter.validate_python(document),
            handled={cause: tuple(answers) for cause, answers in document["handled"].items()},
            partition=document["partition"],
            etag=document["_etag"],
            parked=tuple(document.get("parked", ())),
            owed=tuple(document.get("owed", ())),
        )
