"""What the workflow Deploy computes. Standard library alone: `python3 -m infra.pipeline.NAME` runs it in a checkout."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

INFRA: Final = Path(__file__).parents[1]
_SAGA: Final = json.loads((INFRA / "saga.json").read_text(encoding="utf-8"))
SERVICES: Final[list[str]] = [one["name"] for one in [*_SAGA["services"], _SAGA["orchestrator"], _SAGA["console"]]]
"""Every app that is deployed. Which of them have replicas, the parameters of the deployment say."""


class UnusableError(Exception):
    """Says in one line what is wrong, and what to do."""


def command(main: Callable[..., str], arguments: str = "") -> None:
    """Write what `main` makes of the arguments to standard output; a failure is a message and exit status 1."""
    given = sys.argv[1:]
    if len(given) != len(arguments.split()):
        sys.exit(f"usage: {Path(sys.argv[0]).stem} {arguments}")
    try:
        result = main(*given)
    except UnusableError as error:
        sys.exit(str(error))
    except (OSError, json.JSONDecodeError) as error:
        sys.exit(f"{Path(sys.argv[0]).stem} cannot read its input: {error}")
    sys.stdout.write(f"{result}\n")
