"""The values of Bicep expressions, as far as the tests need them."""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.infra.bicep import parsed, read_json


def _union(*parts: Any) -> Any:  # noqa: ANN401 -- lists or objects
    if isinstance(parts[0], dict):
        return {name: value for one in parts for name, value in one.items()}
    return list(dict.fromkeys(item for one in parts for item in one))


def _concat(*lists: Sequence[Any]) -> list[Any]:
    return [item for one in lists for item in one]


def _intersection(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return [item for item in first if item in second]


def _together(*names: str) -> str:
    """An id that is made from these: equal if and only if they are."""
    return ", ".join(names)


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "string": str,
    "json": json.loads,
    "empty": operator.not_,
    "any": lambda value: value,
    "join": lambda items, delimiter: delimiter.join(items),
    "split": str.split,
    "replace": str.replace,
    "contains": operator.contains,
    "concat": _concat,
    "union": _union,
    "intersection": _intersection,
    "load_json_content": read_json,
    "guid": _together,
    "subscription_resource_id": _together,
}

_OF_TWO: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "equals": operator.eq,
    "and": lambda first, second: first and second,
    "or": lambda first, second: first or second,
}


@dataclass(frozen=True)
class Scope:
    """Values for the names that an expression uses."""

    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, file: str, parameters: Mapping[str, Any], variables: Sequence[str] | None = None) -> "Scope":
        """What the names in a file stand for, given its parameters: all variables, or those that are named."""
        content = parsed(file)
        defaults = {name: one["default"] for name, one in content["parameters"].items()}
        scope = cls({**defaults, **parameters})
        for name, variable in content.get("variables", {}).items():
            if variables is None or name in variables:
                scope = scope.having(**{name: scope.value(variable["value"])})
        return scope

    def having(self, **more: Any) -> "Scope":  # noqa: ANN401 -- values of the language
        """The same names, and more."""
        return Scope({**self.values, **more})

    def value(self, expression: Any) -> Any:  # noqa: ANN401 -- a value of the language
        """The value of an expression.

        The parser does not tell a name from a string: what is no name in `values` is taken for a string.
        """
        if isinstance(expression, list):
            return [self.value(one) for one in expression]
        if isinstance(expression, dict):
            return self._composed(expression)
        if isinstance(expression, str):
            if expression in self.values:
                return self.values[expression]
            filled = re.sub(r"\$\{([\w.]+)(?:\[(\w+)\])?\}", self._filled, expression)
            return filled.replace("\\'", "'")
        return expression

    def each(self, config: Mapping[str, Any]) -> Iterator[tuple["Scope", Mapping[str, Any]]]:
        """What a loop makes, each with the names that it may use; what is no loop makes one. Conditions are skipped."""
        if "loop_type" in config:
            detail = config["loop_type"]["detail"]
            for index, item in enumerate(self.value(detail["array_name"])):
                names = {detail["item_name"]: item}
                if "index_name" in detail:
                    names[detail["index_name"]] = index
                yield self.having(**names), config["config"]
        elif "condition" in config:
            yield self, config["config"]
        else:
            yield self, config

    def _filled(self, match: re.Match[str]) -> str:
        found = self._at(match[1])
        return str(found[self._at(match[2])] if match[2] else found)

    def _at(self, path: str) -> Any:  # noqa: ANN401 -- a value of the language
        first, *names = path.split(".")
        found = self.values[first]
        for name in names:
            found = found[name]
        return found

    def _composed(self, expression: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a value of the language
        if "function" in expression:
            return self._call(expression["function"])
        if "operator" in expression:
            return self._operate(expression["operator"]["type"], expression["operator"]["operands"])
        if "loop_type" in expression:
            return [inner.value(one) for inner, one in self.each(expression)]
        return {name.strip("'"): self.value(one) for name, one in expression.items()}

    def _operate(self, kind: str, operands: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a value of the language
        match kind:
            case "property_accessor":
                found = self.value(operands["operand_1"])
                for name in _path(operands["operand_2"]):
                    found = found[name]
                return found
            case "index_accessor":
                return self.value(operands["operand_1"])[self.value(operands["operand_2"])]
            case "equals" | "and" | "or":
                return _OF_TWO[kind](self.value(operands["operand_1"]), self.value(operands["operand_2"]))
            case "not":
                return not self.value(operands["bool_value"])
            case "conditional":
                # Only the branch that is taken, as Azure does.
                return self.value(operands["true_value" if self.value(operands["condition"]) else "false_value"])
            case other:
                raise NotImplementedError(other)

    def _call(self, function: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a value of the language
        arguments = [self.value(one) for one in function["parameters"].values() if one is not None]
        return _FUNCTIONS[function["type"]](*arguments)


def _path(property_: Any) -> Iterator[str | int]:  # noqa: ANN401 -- an expression of the parser
    """The names and numbers in `.b[0].c`, which the parser groups from the right."""
    if isinstance(property_, str | int):
        yield property_
    else:
        for operand in property_["operator"]["operands"].values():
            yield from _path(operand)
