"""What an import costs: the package is in every pytest process where it is installed."""

import subprocess
import sys

import pytest
import quartet_emulators

from quartet.engine.failures.timeouts import stretched

HEAVY = {"urllib.request", "subprocess", "tempfile", "http.client", "aiohttp", "sqlite3", "asyncio"}


def imported_by(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=stretched(30)
    )
    return set(done.stdout.split())


def test_the_package_imports_nothing_before_a_server_is_wanted() -> None:
    # The measurement of coverage is in every process that Python starts, with modules of its own.
    assert (imported_by("import quartet_emulators") - imported_by("pass")) & HEAVY == set()


def test_the_plugin_imports_nothing_that_pytest_has_not_imported() -> None:
    plugin = "import pytest, quartet_emulators.pytest_plugin"
    ours = {name for name in imported_by(plugin) - imported_by("import pytest") if not name.startswith("quartet_emu")}
    assert ours == set()


def test_the_public_names_are_there() -> None:
    for name in quartet_emulators.__all__:
        assert getattr(quartet_emulators, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Emulators'"):
        getattr(quartet_emulators, "Emulators")  # noqa: B009 -- mypy knows that it is not there
