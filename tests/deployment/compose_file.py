"""docker-compose.yml as a program sees it: variables replaced, profiles chosen."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parent.parent.parent
COMPOSE_FILE: Final = ROOT / "docker-compose.yml"
MICROSOFT: Final = "microsoft-emulators"
OURS: Final = "quartet-emulators"
PROFILES: Final = (MICROSOFT, OURS)
"""The emulators."""
ORCHESTRATED: Final = "orchestrated"
"""The orchestrator with its scheduler, beside one of the others."""
DASHBOARD: Final = "dashboard"
"""The Aspire dashboard, beside one of the others."""

_VARIABLE: Final = re.compile(r"\$\{(\w+):(?:-([^}]*)|\?[^}]*)\}")


def dot_env() -> dict[str, str]:
    """The variables in `.env`, which Docker Compose reads beside the compose file."""
    lines = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _default(match: re.Match[str]) -> str:
    assert match[2] is not None, f"{match[1]} has neither a value in .env nor a default"
    return match[2]


def services(*profiles: str, **variables: str) -> dict[str, dict[str, Any]]:
    """The services by name, for a user who accepts the licence and sets these variables and nothing else.

    With profiles, those that `up` starts under them.
    """
    values = dot_env() | {"ACCEPT_EULA": "Y"} | variables
    text = _VARIABLE.sub(
        lambda match: values.get(match[1]) or _default(match),
        COMPOSE_FILE.read_text(encoding="utf-8"),
    )
    every: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    if not profiles:
        return every
    return {
        name: service
        for name, service in every.items()
        if "profiles" not in service or {*profiles} & {*service["profiles"]}
    }


def with_dependencies(name: str, *profiles: str) -> set[str]:
    """What `up NAME` starts under these profiles: the service, and what it waits for, as far as that is there."""
    there = services(*profiles)
    started, waiting = set[str](), [name]
    while waiting:
        one = waiting.pop()
        if one in there and one not in started:
            started.add(one)
            waiting += there[one].get("depends_on", {})
    return started
