"""The tree that a query is parsed into. All nodes are values: equal text gives equal trees."""

from collections.abc import Iterator
from dataclasses import dataclass

from quartet_emulators.cosmos.sql.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant of the query text; ``UNDEFINED`` for the word ``undefined``."""

    value: Value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and type(other.value) is type(self.value) and other.value == self.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Parameter:
    """``@name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Name:
    """An alias from FROM or JOIN."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``base.name`` or ``base["name"]``, or with a computed key ``base[@key]``."""

    base: "Expression"
    key: "Expression"


@dataclass(frozen=True, slots=True)
class Unary:
    """NOT, ``-``, ``+`` or ``~``."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """A comparison, arithmetic, bitwise, ``||`` or ``??`` operation."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Logical:
    """AND or OR over two or more operands; flat, because ``read_items`` sends hundreds of them."""

    operator: str
    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class In:
    """``value [NOT] IN (a, b, ...)``."""

    value: "Expression"
    choices: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Between:
    """``value BETWEEN low AND high``, both included."""

    value: "Expression"
    low: "Expression"
    high: "Expression"


@dataclass(frozen=True, slots=True)
class Like:
    """``value LIKE pattern [ESCAPE character]``."""

    value: "Expression"
    pattern: "Expression"
    escape: str | None


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? then : otherwise``."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """``NAME(arguments)``; the name in upper case."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    """``[a, b]``."""

    elements: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    """``{"a": 1, b: 2}``."""

    members: tuple[tuple[str, "Expression"], ...]


@dataclass(frozen=True, slots=True)
class Subquery:
    """A query in brackets.

    ``EXISTS`` tells whether it has rows, ``ARRAY`` collects them, ``SCALAR`` takes the one; in FROM, ``ROWS`` are all.
    """

    kind: str
    query: "Query"


Expression = (
    Literal
    | Parameter
    | Name
    | Member
    | Unary
    | Binary
    | Logical
    | In
    | Between
    | Like
    | Conditional
    | FunctionCall
    | ArrayLiteral
    | ObjectLiteral
    | Subquery
)


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of FROM or JOIN: a collection under an alias, or with ``iterate`` each element of an array (``IN``).

    A name that is not an alias in scope means the container: ``FROM c``, ``FROM rooms r``, ``FROM x IN c.lines``.
    A sub-query without an alias has one that no query can name.
    """

    alias: str
    collection: Expression
    iterate: bool


@dataclass(frozen=True, slots=True)
class SelectItem:
    """One output property; without an alias, the compiler finds its name."""

    expression: Expression
    alias: str | None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One sort key."""

    expression: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT. ``items`` is ``None`` for ``SELECT *``; with ``value`` it has one entry without a name."""

    items: tuple[SelectItem, ...] | None
    value: bool = False
    distinct: bool = False
    top: Expression | None = None
    sources: tuple[Source, ...] = ()
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    order_by: tuple[OrderItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None


def children(node: Value) -> Iterator[Value]:
    """The expressions directly below a node."""
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        for entry in value if isinstance(value, tuple) else (value,):
            candidate = entry[1] if isinstance(entry, tuple) else entry
            if isinstance(candidate, Expression):
                yield candidate
