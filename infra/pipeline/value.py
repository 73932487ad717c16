"""The value of one parameter of a parameters file.

python3 -m infra.pipeline.value plan/parameters.json location
"""

import json
from pathlib import Path

from infra.pipeline import UnusableError, command


def value(file: str, name: str) -> str:
    """The value, as text.

    Raises:
        UnusableError: the file has no such parameter.
    """
    parameters = json.loads(Path(file).read_text(encoding="utf-8"))["parameters"]
    if name not in parameters:
        raise UnusableError(f"{file} has no parameter {name}")
    return str(parameters[name]["value"])


if __name__ == "__main__":
    command(value, "FILE PARAMETER")
