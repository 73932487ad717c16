"""SELECT: the shape of the output rows."""

from collections.abc import Iterator

from quartet_emulators.cosmos.errors import bad_request
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.expressions import compile_expression
from quartet_emulators.cosmos.sql.scope import Environment, Evaluator, Scope
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value


def compile_projection(query: nodes.Query, scope: Scope) -> Evaluator:
    """The output row of what the slots hold; undefined if it has none.

    Raises:
        CosmosError: 400 for ``SELECT *`` over several sources, or two output properties of one name.
    """
    if query.items is None:
        if len(query.sources) != 1:
            raise bad_request("'SELECT *' is only valid with a single input set.")
        return compile_expression(nodes.Name(query.sources[0].alias), scope)
    if query.value:
        return compile_expression(query.items[0].expression, scope)
    named = [(name, compile_expression(expression, scope)) for name, expression in named_items(query.items)]

    def project(env: Environment) -> Value:
        row = {}
        for name, evaluate in named:
            value = evaluate(env)
            if value is not UNDEFINED:
                row[name] = value
        return row

    return project


def named_items(items: tuple[nodes.SelectItem, ...]) -> Iterator[tuple[str, nodes.Expression]]:
    """Each output property with its alias, the last name of its path, or ``$1``, ``$2``, ..."""
    unnamed = 0
    used: set[str] = set()
    for item in items:
        name = item.alias
        if name is None and isinstance(item.expression, nodes.Name):
            name = item.expression.name
        if name is None and isinstance(item.expression, nodes.Member):
            key = item.expression.key
            name = key.value if isinstance(key, nodes.Literal) and isinstance(key.value, str) else None
        if name is None:
            unnamed += 1
            name = f"${unnamed}"
        if name in used:
            raise bad_request(f"The output property '{name}' is defined more than once: use AS.")
        used.add(name)
        yield name, item.expression
