"""Scalar expressions to closures: each takes the environment of a run and gives a value."""

import operator
from collections.abc import Callable
from typing import Final

from quartet_emulators.cosmos.errors import bad_request, unsupported
from quartet_emulators.cosmos.sql import nodes
from quartet_emulators.cosmos.sql.functions.known import ALL_KNOWN
from quartet_emulators.cosmos.sql.functions.supported import AGGREGATES, CLOCK_FUNCTIONS, FUNCTIONS
from quartet_emulators.cosmos.sql.operators import BINARY, UNARY, compile_like
from quartet_emulators.cosmos.sql.scope import NOW, PARAMETERS, Aggregate, Evaluator, Scope
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, equals


def compile_expression(node: nodes.Expression, scope: Scope) -> Evaluator:
    """Compile one expression.

    Raises:
        CosmosError: 400 for unknown names, wrong numbers of arguments, and functions that are missing.
    """
    return _COMPILERS[type(node)](node, scope)


def _literal(node: nodes.Literal, _scope: Scope) -> Evaluator:
    value = node.value
    return lambda _env: value


def _parameter(node: nodes.Parameter, scope: Scope) -> Evaluator:
    name = node.name
    scope.slots.parameters.add(name)
    return lambda env: env[PARAMETERS][name]


def _name(node: nodes.Name, scope: Scope) -> Evaluator:
    return operator.itemgetter(scope.slot(node.name))


def _member(node: nodes.Member, scope: Scope) -> Evaluator:
    if isinstance(node.key, nodes.Literal):
        return _constant_member(node, node.key.value, scope)
    base = compile_expression(node.base, scope)
    key = compile_expression(node.key, scope)
    return lambda env: _element(base(env), key(env))


def _constant_member(node: nodes.Member, key: Value, scope: Scope) -> Evaluator:
    if type(key) is str and isinstance(node.base, nodes.Name):
        slot = scope.slot(node.base.name)

        def property_of_alias(env: list[Value]) -> Value:
            value = env[slot]
            return value.get(key, UNDEFINED) if type(value) is dict else UNDEFINED

        return property_of_alias
    base = compile_expression(node.base, scope)
    return lambda env: _element(base(env), key)


def _element(value: Value, key: Value) -> Value:
    if type(value) is dict:
        return value.get(key, UNDEFINED) if type(key) is str else UNDEFINED
    if type(value) is list and type(key) is int and 0 <= key < len(value):
        return value[key]
    return UNDEFINED


def _unary(node: nodes.Unary, scope: Scope) -> Evaluator:
    apply = UNARY[node.operator]
    operand = compile_expression(node.operand, scope)
    return lambda env: apply(operand(env))


def _binary(node: nodes.Binary, scope: Scope) -> Evaluator:
    left = compile_expression(node.left, scope)
    right = compile_expression(node.right, scope)
    if node.operator == "??":

        def coalesce(env: list[Value]) -> Value:
            value = left(env)
            return right(env) if value is UNDEFINED else value

        return coalesce
    apply = BINARY[node.operator]
    return lambda env: apply(left(env), right(env))


def _logical(node: nodes.Logical, scope: Scope) -> Evaluator:
    """Three-valued: one deciding operand decides, otherwise any operand that is not a boolean makes it undefined."""
    operands = [compile_expression(operand, scope) for operand in node.operands]
    deciding = node.operator == "OR"

    def evaluate(env: list[Value]) -> Value:
        result: Value = not deciding
        for operand in operands:
            value = operand(env)
            if value is deciding:
                return deciding
            if value is result:
                continue
            result = UNDEFINED if type(value) is not bool else result
        return result

    return evaluate


def _in(node: nodes.In, scope: Scope) -> Evaluator:
    value = compile_expression(node.value, scope)
    choices = [compile_expression(choice, scope) for choice in node.choices]

    def evaluate(env: list[Value]) -> Value:
        wanted = value(env)
        result: Value = False
        for choice in choices:
            match = equals(wanted, choice(env))
            if match is True:
                return True
            if match is UNDEFINED:
                result = UNDEFINED
        return result

    return evaluate


def _between(node: nodes.Between, scope: Scope) -> Evaluator:
    value = compile_expression(node.value, scope)
    low = compile_expression(node.low, scope)
    high = compile_expression(node.high, scope)
    at_least, at_most = BINARY[">="], BINARY["<="]

    def evaluate(env: list[Value]) -> Value:
        middle = value(env)
        above, below = at_least(middle, low(env)), at_most(middle, high(env))
        if above is False or below is False:
            return False
        return UNDEFINED if above is UNDEFINED or below is UNDEFINED else True

    return evaluate


def _like(node: nodes.Like, scope: Scope) -> Evaluator:
    value = compile_expression(node.value, scope)
    pattern = compile_expression(node.pattern, scope)
    escape = node.escape

    def evaluate(env: list[Value]) -> Value:
        text, wanted = value(env), pattern(env)
        if type(text) is not str or type(wanted) is not str:
            return UNDEFINED
        return compile_like(wanted, escape).fullmatch(text) is not None

    return evaluate


def _conditional(node: nodes.Conditional, scope: Scope) -> Evaluator:
    condition = compile_expression(node.condition, scope)
    then = compile_expression(node.then, scope)
    otherwise = compile_expression(node.otherwise, scope)
    return lambda env: then(env) if condition(env) is True else otherwise(env)


def _function_call(node: nodes.FunctionCall, scope: Scope) -> Evaluator:
    if node.name in AGGREGATES:
        return _aggregate(node, scope)
    is_clock = node.name in CLOCK_FUNCTIONS
    signature = CLOCK_FUNCTIONS.get(node.name) or FUNCTIONS.get(node.name)
    if signature is None:
        if node.name in ALL_KNOWN:
            raise unsupported(f"the function {node.name}")
        raise bad_request(f"'{node.name}' is not a recognized built-in function name.")
    given = len(node.arguments)
    if given < signature.least or (signature.most is not None and given > signature.most):
        raise bad_request(f"The function {node.name} does not take {given} argument(s).")
    call = signature.call
    arguments = [compile_expression(argument, scope) for argument in node.arguments]
    if is_clock:
        return lambda env: call(_ticks(env[NOW]), *[argument(env) for argument in arguments])
    if given == 1:
        only = arguments[0]
        return lambda env: call(only(env))
    return lambda env: call(*[argument(env) for argument in arguments])


def _ticks(now: float) -> int:
    """Seconds since 1970 in ticks of 100 ns, exact to the microsecond as far as a float is."""
    return round(now * 1_000_000) * 10


def _aggregate(node: nodes.FunctionCall, scope: Scope) -> Evaluator:
    collected = scope.aggregates
    if collected is None:
        raise bad_request(f"The aggregate {node.name} can stand in SELECT only, and not inside another aggregate.")
    if len(node.arguments) != 1:
        raise bad_request(f"The aggregate {node.name} takes one argument.")
    scope.aggregates = None
    argument = compile_expression(node.arguments[0], scope)
    scope.aggregates = collected
    slot = scope.slots.new()
    collected.append(Aggregate(node.name, argument, slot))
    return operator.itemgetter(slot)


def _array_literal(node: nodes.ArrayLiteral, scope: Scope) -> Evaluator:
    elements = [compile_expression(element, scope) for element in node.elements]
    return lambda env: [value for value in [element(env) for element in elements] if value is not UNDEFINED]


def _object_literal(node: nodes.ObjectLiteral, scope: Scope) -> Evaluator:
    members = [(name, compile_expression(value, scope)) for name, value in node.members]

    def evaluate(env: list[Value]) -> Value:
        found = {name: value(env) for name, value in members}
        return {name: value for name, value in found.items() if value is not UNDEFINED}

    return evaluate


def _subquery(node: nodes.Subquery, scope: Scope) -> Evaluator:
    return scope.slots.compile_subquery(node, scope)


_COMPILERS: Final[dict[type, Callable[[Value, Scope], Evaluator]]] = {
    nodes.Literal: _literal,
    nodes.Parameter: _parameter,
    nodes.Name: _name,
    nodes.Member: _member,
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.Logical: _logical,
    nodes.In: _in,
    nodes.Between: _between,
    nodes.Like: _like,
    nodes.Conditional: _conditional,
    nodes.FunctionCall: _function_call,
    nodes.ArrayLiteral: _array_literal,
    nodes.ObjectLiteral: _object_literal,
    nodes.Subquery: _subquery,
}
