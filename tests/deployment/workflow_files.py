"""The workflows and the actions of this repository, as files and as what is in them."""

import json
from typing import Any

import yaml

from tests.deployment.compose_file import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").rglob("action.yml"))


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    return found


def triggers(name: str) -> dict[str, Any]:
    """What `on:` says, which YAML reads as the boolean."""
    found: dict[str, Any] = {str(key): value for key, value in workflow(name).items()}["True"]
    return found


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow(name)["jobs"]
    return found


def action(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        (ROOT / ".github" / "actions" / name / "action.yml").read_text(encoding="utf-8")
    )
    return found


def commands(job: dict[str, Any]) -> list[str]:
    """What the steps of a job, or of a composite action, run."""
    return [step["run"] for step in job.get("steps", ()) if "run" in step]


def used(job: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The steps that use an action, whatever its version."""
    return [step for step in job.get("steps", ()) if step.get("uses", "").partition("@")[0] == name]


def position(job: dict[str, Any], text: str) -> int:
    """The number of the one step that contains a text."""
    (found,) = [number for number, step in enumerate(job["steps"]) if text in json.dumps(step)]
    return found
