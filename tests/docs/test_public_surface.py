"""What a user imports from `quartet`: the names are a promise, and using the pure ones loads no SDK."""

import subprocess
import sys

import quartet
from quartet.engine.failures.timeouts import stretched

SURFACE = {
    *("Choreography", "Participant", "Service", "ServiceContext", "ContainerSpec", "PortByName", "RetryPolicy", "on"),
    "EnvironmentSettings",
    *("Decided", "Ignored", "Rejected", "Outcome", "StateSchema", "Effect", "Ledger", "Book", "Evidence"),
    *("Event", "EventData", "Part", "Registry", "SagaId", "new_event"),
    *("ConfigurationError", "OutageError", "TransientError"),
}


def test_the_public_names_are_these() -> None:
    assert set(quartet.__all__) == SURFACE
    assert list(quartet.__all__) == sorted(quartet.__all__)


def test_every_public_name_can_be_imported() -> None:
    for name in SURFACE:
        assert getattr(quartet, name) is not None


def test_a_decision_loads_no_sdk() -> None:
    program = "import sys; from quartet import Choreography, Decided, on; print('azure' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=stretched(60), check=True
    )
    assert done.stdout == "False\n"
