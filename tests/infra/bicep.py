"""The Bicep files as data, as far as the tests need it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pycep

INFRA = Path(__file__).parents[2] / "infra"
FILES = sorted(INFRA.rglob("*.bicep"))


@cache
def parsed(name: str) -> dict[str, Any]:
    """A file below infra/, by its path there."""
    text = (INFRA / name).read_text()
    return dict(pycep.BicepParser().parse(text=text))


def read_json(name: str) -> Any:  # noqa: ANN401 -- JSON
    return json.loads((INFRA / name).read_text())


@dataclass(frozen=True)
class Resource:
    """A resource of a module: what it is, and its body without loop and condition."""

    module: str
    name: str
    type: str
    existing: bool
    body: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        return dict(self.body.get("properties", {}))


def resources(*files: str) -> Iterator[Resource]:
    """Every resource of these files, or of all."""
    for file in files or [str(path.relative_to(INFRA)) for path in FILES]:
        for name, resource in parsed(file).get("resources", {}).items():
            yield Resource(file, name, resource["type"], resource["existing"], body_of(resource["config"]))


def resource(file: str, name: str) -> Resource:
    return next(found for found in resources(file) if found.name == name)


def body_of(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is inside loops and conditions."""
    while "config" in config and ("loop_type" in config or "condition" in config):
        config = config["config"]
    return config


@dataclass(frozen=True)
class Scope:
    """Values for the names that an expression uses."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def value(self, expression: Any) -> Any:  # noqa: ANN401 -- a value of the language
        """The value of an expression: literals, names, `a.b`, `==`, `?:`, "${name}" and a few functions are understood.

        The parser does not tell a name from a string: what is no name in `values` is taken for a string.
        """
        if isinstance(expression, list):
            return [self.value(one) for one in expression]
        if isinstance(expression, dict):
            return self._composed(expression)
        if isinstance(expression, str):
            filled = re.sub(r"\$\{(\w+)\}", lambda match: str(self.values[match[1]]), expression)
            return self.values.get(expression, filled)
        return expression

    def _composed(self, expression: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a value of the language
        if "function" in expression:
            return self._call(expression["function"])
        if "operator" in expression:
            return self._operation(expression["operator"]["type"], expression["operator"]["operands"])
        return {name.strip("'"): self.value(one) for name, one in expression.items()}

    def _operation(self, kind: str, operands: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a value of the language
        match kind:
            case "property_accessor":
                return self.values[operands["operand_1"]][operands["operand_2"]]
            case "equals":
                return self.value(operands["operand_1"]) == self.value(operands["operand_2"])
            case "conditional":
                # Only the branch that is taken, as Azure does.
                return self.value(operands["true_value" if self.value(operands["condition"]) else "false_value"])
            case other:
                raise NotImplementedError(other)

    def _call(self, function: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a value of the language
        arguments = [self.value(one) for one in function["parameters"].values() if one is not None]
        match function["type"], arguments:
            case "string", [value]:
                return str(value)
            case "json", [text]:
                return json.loads(text)
            case "empty", [value]:
                return not value
            case "any", [value]:
                return value
            case "split", [text, delimiter]:
                return text.split(delimiter)
            case other:
                raise NotImplementedError(other)


def assignments(bicepparam: str) -> dict[str, str]:
    """The `param name = expression` lines of a parameters file, which the parser does not know."""
    text = (INFRA / bicepparam).read_text()
    return dict(re.findall(r"^param (\w+) = (.+)$", text, re.MULTILINE))


def using(bicepparam: str) -> Path:
    """The file that a parameters file is for."""
    match = re.match(r"using '([^']+)'", (INFRA / bicepparam).read_text())
    assert match is not None
    return (INFRA / bicepparam).parent / match[1]
