"""The meaning of a query's names while it is compiled, and the place of their values while it runs."""

from collections.abc import Callable, Iterator
from typing import Final

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.values import Value

Environment = list[Value]
"""The state of one run: the entries below, then one slot for every alias and aggregate of the query."""

Evaluator = Callable[[Environment], Value]

Rows = Callable[[Environment], Iterator[Value]]
"""The rows of a query, one after the other."""

PARAMETERS: Final = 0
DOCUMENTS: Final = 1
NOW: Final = 2
_FIRST_SLOT: Final = 3


class Aggregate:
    """One aggregate call: what it is called, what it takes in for each row, and the slot of its result."""

    def __init__(self, name: str, argument: Evaluator, slot: int) -> None:
        self.name = name
        self.argument = argument
        self.slot = slot


class Slots:
    """The numbering of slots, one for a query with all its sub-queries.

    Expressions hold queries and queries hold expressions; ``compile_subquery`` is how the former reach the latter.
    """

    def __init__(self, compile_subquery: "Callable[[nodes.Subquery, Scope], Evaluator]") -> None:
        self.compile_subquery = compile_subquery
        self.count = _FIRST_SLOT
        self.parameters: set[str] = set()
        self.reads_documents = False

    def new(self) -> int:
        """A slot of its own."""
        self.count += 1
        return self.count - 1

    def environment(self, parameters: dict[str, Value], documents: Value, now: float) -> Environment:
        """Fresh state for a run."""
        return [parameters, documents, now, *[None] * (self.count - _FIRST_SLOT)]


class Scope:
    """The aliases that can be used in one query or sub-query, its own and those around it."""

    def __init__(self, slots: Slots, outer: "Scope | None" = None, *, sees_container: bool = True) -> None:
        self.slots = slots
        self.outer = outer
        self.sees_container = sees_container
        self.aliases: dict[str, int] = {}
        self.aggregates: list[Aggregate] | None = None
        """Where aggregates are collected; ``None`` where none may stand."""
        self.is_grouped = False
        """Whether the query has GROUP BY or aggregates; set when it is compiled."""

    @property
    def reads_container(self) -> bool:
        """Whether the next source may be the container: the first of a query, or of a sub-query that is the first."""
        return self.sees_container and not self.aliases

    def bind(self, alias: str) -> int:
        """Give an alias its slot.

        Raises:
            CosmosError: 400, if the alias is in use.
        """
        if alias in self.aliases:
            raise bad_request(f"The input alias '{alias}' is specified in the FROM clause more than once.")
        slot = self.slots.new()
        self.aliases[alias] = slot
        return slot

    def find(self, alias: str) -> int | None:
        """The slot of an alias, or ``None`` if there is no such alias."""
        scope: Scope | None = self
        while scope is not None:
            slot = scope.aliases.get(alias)
            if slot is not None:
                self.slots.reads_documents = True
                return slot
            scope = scope.outer
        return None

    def slot(self, alias: str) -> int:
        """The slot of an alias.

        Raises:
            CosmosError: 400, if there is no such alias.
        """
        slot = self.find(alias)
        if slot is None:
            raise bad_request(f"Identifier '{alias}' could not be resolved.")
        return slot
