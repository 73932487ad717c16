"""What a user imports: the names are a promise, and those of a decision load no SDK."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched

ROOT = Path(__file__).parents[2]
SURFACE = {
    "quartet": {
        *("Choreography", "Participant", "Service", "ContainerSpec", "RetryPolicy", "Workload", "on"),
        *("Decided", "Ignored", "Rejected", "Outcome", "StateSchema", "Evidence", "per_saga"),
        *("Event", "EventData", "Part", "Registry", "SagaId", "new_event", "upcast"),
        *("ConfigurationError", "OutageError", "TransientError"),
    },
    "quartet.adapters": {
        *("PortByName", "ServiceContext", "EnvironmentSettings", "Settings", "load_settings", "stretched"),
        *("Book", "Effect", "Ledger", "SagaLedger"),
    },
    "quartet.testing": {
        *("decide", "World", "explore", "simulate", "problems", "Report", "Fault", "Invariant", "Violation"),
        *("MemoryBook", "ProcessFault", "simulate_services", "Running", "RunningApp"),
        *("save_recordings", "verify_replay"),
    },
}
PUBLIC = {*SURFACE, "quartet.events", "quartet.testing.strategies", "quartet.testing.conformance"}

# The shop's own adapters group their writes as the library does. Their tools may change.
DEEP = {
    "services/inventory/cosmos_stock.py": {"quartet.azure.cosmos.client", "quartet.azure.cosmos.keyed_batcher"},
    "services/order/deadline.py": {
        "quartet.azure.cosmos.client",
        "quartet.engine.errors",
        "quartet.engine.records.record",
    },
    "services/payment/bank.py": {
        *("quartet.azure.cosmos.client", "quartet.azure.cosmos.port_record", "quartet.azure.credentials"),
        "quartet.process.named_ports",
    },
    "services/payment/simulated_gateway.py": {"quartet.azure.cosmos.client", "quartet.azure.cosmos.ledger"},
    "services/shipping/simulated_carrier.py": {"quartet.azure.cosmos.client", "quartet.azure.cosmos.ledger"},
}
USERS_CODE = (
    "examples/**/*.py",
    "docs/guide/*.md",
    "quartet/cli/new/project/**/*.tmpl",
    "quartet/cli/new/participant/*.tmpl",
)
SHOP = (
    "shared/**/*.py",
    "services/*.py",
    *(f"services/{name}/*.py" for name in ("order", "inventory", "payment", "shipping")),
)


def deep_imports(*patterns: str) -> dict[str, set[str]]:
    """The modules of Quartet that files import and that are not public, by file."""
    found: dict[str, set[str]] = {}
    for path in (path for pattern in patterns for path in ROOT.glob(pattern)):
        imported = re.findall(
            r"^\s*(?:from|import) (quartet(?:\.\w+)*)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        if deep := set(imported) - PUBLIC:
            found[path.relative_to(ROOT).as_posix()] = deep
    return found


@pytest.mark.parametrize("module", SURFACE)
def test_the_public_names_are_these(module: str) -> None:
    names = import_module(module).__all__
    assert set(names) == SURFACE[module]
    assert list(names) == sorted(names)


@pytest.mark.parametrize("module", [*SURFACE, "quartet.events", "quartet.testing.conformance"])
def test_every_public_name_can_be_imported(module: str) -> None:
    imported = import_module(module)
    assert [name for name in imported.__all__ if getattr(imported, name) is None] == []


@pytest.mark.parametrize("module", SURFACE)
def test_another_name_cannot(module: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nothing'"):
        _ = import_module(module).nothing


def test_what_users_write_imports_public_modules_alone() -> None:
    assert deep_imports(*USERS_CODE) == {}


def test_the_shop_imports_public_modules_but_for_its_own_adapters() -> None:
    assert deep_imports(*SHOP) == DEEP


def names_from_quartet(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "quartet":
            yield from (alias.name for alias in node.names)


def test_a_domain_takes_the_form_of_a_decision_alone() -> None:
    domains = sorted(ROOT.glob("services/*/domain.py"))
    assert len(domains) == 4
    for path in domains:
        assert set(names_from_quartet(path)) <= {"Decided", "Ignored", "Outcome", "Rejected"}, path


def test_a_decision_loads_no_sdk() -> None:
    program = "import sys; from quartet import Choreography, Decided, on; print('azure' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=stretched(60), check=True
    )
    assert done.stdout == "False\n"


def test_mypy_knows_which_names_there_are(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(
        "from quartet import Decided, nothing\nfrom quartet.adapters import Book, nought\n"
    )
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nstrict = True\nmypy_path = {ROOT}\nfollow_imports = silent\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "user.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=stretched(240), check=False,
    )  # fmt: skip
    errors = [line for line in done.stdout.splitlines() if "error" in line]
    assert [line.partition("error: ")[2] for line in errors[:2]] == [
        'Module "quartet" has no attribute "nothing"  [attr-defined]',
        'Module "quartet.adapters" has no attribute "nought"  [attr-defined]',
    ]
