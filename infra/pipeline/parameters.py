"""The parameters of infra/main.bicep for one environment, on standard output: what is previewed, and then deployed.

    PROD_SETTINGS='AZURE_ENV_NAME=…' python3 -m infra.pipeline.parameters prod main.json > parameters.json

`PROD_SETTINGS` (or `DEV_SETTINGS`) has a line NAME=VALUE for each variable of infra/main.parameters.json that has no
default there, or another value. The size is the environment's name. `main.json` is infra/main.bicep, compiled: it says
which parameters are numbers.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.pipeline import INFRA, UnusableError, command

VARIABLES: Final = INFRA / "main.parameters.json"
TIER: Final = "QUARTET_TIER"
_VARIABLE: Final = re.compile(r"\$\{([A-Z_]+)(?:=(.*))?\}")


def settings(text: str) -> dict[str, str]:
    """The lines NAME=VALUE of a text; empty lines and lines that begin with # are left out."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not separator:
            raise UnusableError(f"the line {line!r} of the settings is not NAME=VALUE")
        if name in found:
            raise UnusableError(f"{name} is set twice: remove one line")
        found[name] = value
    return found


def parameters(
    environment: str, given: Mapping[str, str], variables: Mapping[str, str], types: Mapping[str, str]
) -> dict[str, Any]:
    """A parameters file.

    Args:
        environment: `dev` or `prod`.
        given: the settings.
        variables: each parameter's value in infra/main.parameters.json: `${NAME}` or `${NAME=default}`.
        types: each parameter's type, of the compiled template.
    """
    if TIER in given:
        raise UnusableError(f"remove {TIER} from the settings: it is the environment, {environment}")
    values = {**given, TIER: environment}
    used: dict[str, Any] = {}
    known: set[str] = set()
    for parameter, expression in variables.items():
        match = _VARIABLE.fullmatch(expression)
        if match is None:
            raise UnusableError(
                f"{parameter} is {expression!r} in {VARIABLES.name}, not ${{NAME}} or ${{NAME=default}}"
            )
        name, default = match.groups()
        known.add(name)
        value = values.get(name, default)
        if not value and default is None:
            raise UnusableError(f"{name} is not set: add a line {name}=VALUE to the settings of {environment}")
        used[parameter] = {"value": _typed(name, value or "", types.get(parameter, "unknown").lower())}
    if unknown := sorted(set(values) - known):
        raise UnusableError(
            f"{', '.join(unknown)} is no variable of {VARIABLES.name}: correct the name, or remove the line"
        )
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": used,
    }


def _typed(name: str, value: str, kind: str) -> str | int | bool:
    if kind == "string":
        return value
    if kind == "bool" and value in {"true", "false"}:
        return value == "true"
    if kind == "int" and re.fullmatch(r"-?\d+", value):
        return int(value)
    raise UnusableError(f"{name} is {value!r}, and the template wants the type {kind}")


def main(environment: str, template: str) -> str:
    """The parameters file."""
    source = f"{environment.upper()}_SETTINGS"
    text = os.environ.get(source, "")
    if not text.strip():
        raise UnusableError(f"{source} is empty: set this variable of the repository, see docs/deploy-workflow.md")
    variables = json.loads(VARIABLES.read_text(encoding="utf-8"))["parameters"]
    types = json.loads(Path(template).read_text(encoding="utf-8"))["parameters"]
    file = parameters(
        environment,
        settings(text),
        {name: one["value"] for name, one in variables.items()},
        {name: one["type"] for name, one in types.items()},
    )
    return json.dumps(file, indent=2)


if __name__ == "__main__":
    command(main, "ENVIRONMENT TEMPLATE")
