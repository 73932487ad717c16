"""Docker Compose itself reads the file, where it is installed: no daemon is needed for that."""

import json
import os
import re
import shutil
import subprocess
from typing import Any

import pytest

from quartet.engine.failures.timeouts import stretched
from tests.deployment.compose_file import MICROSOFT, ORCHESTRATED, OURS, PROFILES, ROOT, services

OLDEST = (2, 20, 2)  # the first one that knows `required: false`
SECONDS = stretched(30)
CANDIDATES = (("docker", "compose"), ("docker-compose",))


def compose_command() -> tuple[str, ...]:
    """Docker Compose in the oldest version that will do, or a newer one; skips the test if there is none."""
    for command in CANDIDATES:
        if shutil.which(command[0]):
            done = subprocess.run([*command, "version"], capture_output=True, text=True, check=False, timeout=SECONDS)
            version = re.search(r"(\d+)\.(\d+)\.(\d+)", done.stdout)
            if done.returncode == 0 and version and tuple(map(int, version.groups())) >= OLDEST:
                return command
    pytest.skip(f"NOT RUN: Docker Compose {'.'.join(map(str, OLDEST))} or newer is not installed")


def run_config(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [*compose_command(), *arguments, "config", "--format", "json"]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        cwd=ROOT,
        env={**clean, **environment},
    )


def render(*arguments: str, **environment: str) -> dict[str, dict[str, Any]]:
    """What Compose reads for a user who has accepted the licence."""
    done = run_config(*arguments, ACCEPT_EULA="Y", **environment)
    assert done.returncode == 0, done.stderr
    assert "variable is not set" not in done.stderr
    rendered: dict[str, dict[str, Any]] = json.loads(done.stdout)["services"]
    return rendered


@pytest.mark.parametrize("profiles", [*PROFILES, f"{MICROSOFT},{ORCHESTRATED}", f"{OURS},{ORCHESTRATED}"])
def test_it_means_what_the_other_tests_read(profiles: str) -> None:
    rendered = render(COMPOSE_PROFILES=profiles)
    expected = services(*profiles.split(","))
    assert rendered.keys() == expected.keys()
    for name, service in expected.items():
        assert rendered[name].get("environment") == service.get("environment")
        assert rendered[name]["image"] == service["image"]
        dependencies = rendered[name].get("depends_on", {})
        assert dependencies.keys() == service.get("depends_on", {}).keys()
        assert {one for one, how in dependencies.items() if how["required"]} <= expected.keys()


def test_without_a_word_it_runs_microsofts_emulators() -> None:
    assert render().keys() == services("microsoft-emulators").keys()


def test_a_profile_on_the_command_line_takes_the_place_of_the_default() -> None:
    assert render("--profile", "quartet-emulators").keys() == services("quartet-emulators").keys()


@pytest.mark.parametrize("profile", PROFILES)
def test_one_line_asks_for_the_licence(profile: str) -> None:
    done = run_config(COMPOSE_PROFILES=profile)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert "set ACCEPT_EULA=Y" in line
