"""When telemetry is on, and what a person gets to read who has set a variable wrong."""

import subprocess
import sys
from collections.abc import Mapping

import pytest

from quartet.engine.errors import ConfigurationError
from quartet.engine.failures.timeouts import stretched
from quartet.process.telemetry import opening
from quartet.process.telemetry.opening import is_on, open_telemetry

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    "environment",
    [
        ENDPOINT,
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"},
        {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/metrics"},
        {"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=…"},
        ENDPOINT | {"OTEL_SDK_DISABLED": "false"},
    ],
)
def test_an_endpoint_switches_it_on(environment: Mapping[str, str]) -> None:
    assert is_on(environment)


@pytest.mark.parametrize(
    "environment",
    [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, ENDPOINT | {"OTEL_SDK_DISABLED": "True"}, {"OTEL_SERVICE_NAME": "x"}],
)
def test_it_is_off_without_an_endpoint_or_when_it_is_disabled(environment: Mapping[str, str]) -> None:
    assert not is_on(environment)
    assert open_telemetry("cloakroom", environment) is None


def test_what_is_off_loads_no_module_of_opentelemetry() -> None:
    program = (
        "import sys; from quartet.process.telemetry.opening import open_telemetry; "
        "assert open_telemetry('cloakroom', {}) is None; "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=stretched(60), check=False
    )
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, "OTEL_EXPORTER_OTLP_PROTOCOL is http/json: set it to http"),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is zipkin: set it to otlp or none"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_line(more: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        open_telemetry("cloakroom", ENDPOINT | more)


def test_a_missing_package_is_one_line_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"opentelemetry-sdk is not installed: pip install 'quartet\[tele"):
        open_telemetry("cloakroom", ENDPOINT)
