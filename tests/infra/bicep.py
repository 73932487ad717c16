"""The Bicep files as data, as far as the tests need it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


def assignments(bicepparam: str) -> dict[str, str]:
    """The `param name = expression` lines of a parameters file, which the parser does not know."""
    text = (INFRA / bicepparam).read_text()
    return dict(re.findall(r"^param (\w+) = (.+)$", text, re.MULTILINE))


def using(bicepparam: str) -> Path:
    """The file that a parameters file is for."""
    match = re.match(r"using '([^']+)'", (INFRA / bicepparam).read_text())
    assert match is not None
    return (INFRA / bicepparam).parent / match[1]
