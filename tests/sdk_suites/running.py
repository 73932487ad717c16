"""Run a suite in its own environment, against servers of its own."""

import json
import logging
import os
import re
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

from quartet_emulators import AzureEmulators

from tests.cloud.certificates import make_certificate
from tests.sdk_suites.inside import settings
from tests.sdk_suites.suites import ROOT, Suite

_EXPECTED = (0, 1, 2, 5)
"""Exit statuses of pytest whose reason is in the outcomes: passed, failed, not collected; and no tests."""

_SAID = 4000
log = logging.getLogger(__name__)
_PYTHON = ROOT / ".venv-suites/bin/python"
_HOST = "127.0.0.1"
_INSIDE = ROOT / "tests/sdk_suites/inside"


def run(suite: Suite, outcomes: Path, *, workers: int, only: str = "*") -> None:
    """Run it, and write a line for each outcome.

    Args:
        suite: which one; its source distribution is unpacked.
        outcomes: the file; what was in it about these modules is gone.
        workers: how many modules run at the same time.
        only: a glob of the modules' names, without `.py`.
    """
    wanted = [file for file in files(suite) if fnmatch(file.stem, only)]
    _forget(outcomes, {_name(suite, file) for file in wanted})
    with tempfile.TemporaryDirectory(prefix="sdk-suites-") as folder:
        pair = make_certificate(Path(folder))
        key, port = secrets.token_hex(), _free_port()
        options = (
            *("--tls-certificate", str(pair.certificate), "--tls-key", str(pair.key)),
            *("--accept-tokens-signed-with", key),
            # The SDK knows AMQP over TLS at this port only.
            *("--event-hubs-port", "5671" if suite.name == "azure-eventhub" else "0"),
            # As Microsoft's emulator: whatever name a client has used, the account names this address.
            *("--cosmos-port", str(port), "--cosmos-advertised-endpoint", f"https://{_HOST}:{port}/"),
        )
        with AzureEmulators(options=options) as azure:
            own = {
                settings.TOKEN_KEY: key,
                settings.CERTIFICATE: str(pair.certificate),
                settings.OUTCOMES: str(outcomes),
            }
            environment = {**os.environ, **suite.environment, **own, **_addresses(suite, azure)}
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(lambda file: _run_file(suite, file, environment), wanted))


def files(suite: Suite) -> list[Path]:
    """The test modules, the largest ones first: no worker is left alone with a long one."""
    tests = suite.source / "tests"
    found = {path for part in suite.tests for path in (tests / part).rglob("test_*.py")}
    return sorted(found, key=lambda path: (-path.stat().st_size, path))


def _name(suite: Suite, file: Path) -> str:
    return file.relative_to(suite.source / "tests").as_posix()


def _forget(outcomes: Path, modules: set[str]) -> None:
    lines = outcomes.read_text(encoding="utf-8").splitlines() if outcomes.exists() else []
    kept = [line for line in lines if json.loads(line)["test"].split("::")[0] not in modules]
    outcomes.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _run_file(suite: Suite, file: Path, environment: Mapping[str, str]) -> None:
    """Run one module in a process of its own, so that one that crashes or hangs takes no other with it."""
    name = _name(suite, file)
    try:
        done = subprocess.run(
            [str(_PYTHON), "-m", "pytest", *_words(suite), name],
            env=environment,
            cwd=suite.source / "tests",
            capture_output=True,
            text=True,
            timeout=suite.module_seconds,
            check=False,  # tests that fail are what is counted
        )
        status, said = done.returncode, f"{done.stdout}\n{done.stderr}"[-_SAID:]
    except subprocess.TimeoutExpired:
        status, said = None, f"the module did not end within {suite.module_seconds} s"
    last = [line for line in said.splitlines() if re.search(r"\d+ (passed|failed|skipped|error)", line)]
    log.info("%s: %s", name, last[-1] if last else said[-300:])
    if status not in _EXPECTED:
        line = {"test": name, "outcome": "failed", "when": "module", "text": said, "marks": []}
        with Path(environment[settings.OUTCOMES]).open("a", encoding="utf-8") as outcomes:
            outcomes.write(json.dumps(line) + "\n")


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _addresses(suite: Suite, azure: AzureEmulators) -> dict[str, str]:
    found = azure.settings
    cosmos = f"https://localhost:{urlsplit(found['COSMOS_ENDPOINT']).port}/"
    addresses = {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "emulators"), str(_INSIDE))),
        "SDK_SUITES_TESTS": str(suite.source / "tests"),
        "EVENT_HUB_NAMESPACE": _HOST,
        settings.EVENT_HUBS_HOST: _HOST,
        settings.CONTROL_URL: found["EMULATORS_CONTROL_URL"],
        settings.COSMOS_ENDPOINT: cosmos,
        settings.BLOB_URL: found["BLOB_ACCOUNT_URL"],
    }
    return addresses | ({"ACCOUNT_HOST": cosmos} if suite.name == "azure-cosmos" else {})


def _words(suite: Suite) -> list[str]:
    return [
        *("-c", str(_INSIDE / "pytest.ini"), "--rootdir", str(suite.source / "tests")),
        *("-p", "tests.sdk_suites.inside.plugin", "-p", "no:cacheprovider", "-q", "--tb=short", "--show-capture=no"),
        *("--timeout", str(suite.seconds)),
    ]
