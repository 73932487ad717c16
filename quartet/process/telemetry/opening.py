"""Whether a process reports to OpenTelemetry, and opening that."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from quartet.engine.errors import ConfigurationError
from quartet.extras import missing
from quartet.process.telemetry.reports import SILENT, Reports

if TYPE_CHECKING:  # what is off costs nothing: no module of OpenTelemetry is loaded
    from quartet.process.telemetry.sdk import Telemetry

ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
)
"""The variables that switch telemetry on. One is enough."""

_DISABLED: Final = "OTEL_SDK_DISABLED"


def is_on(environment: Mapping[str, str]) -> bool:
    """Whether a receiver is named, and `OTEL_SDK_DISABLED` is not `true`."""
    disabled = environment.get(_DISABLED, "").strip().lower() == "true"
    return not disabled and any(environment.get(name, "").strip() for name in ENDPOINTS)


@contextmanager
def reporting(service_name: str, *, of_others: bool = True) -> Iterator[Reports]:
    """Where a process reports to while it runs, as its environment says. At the end, what is queued is exported.

    Args:
        service_name: see `open_telemetry`.
        of_others: whether other packages of the process may report, too. A web framework puts the addresses of all
            requests into spans, with what a person has searched for.

    Raises:
        ConfigurationError: as `open_telemetry`.
    """
    telemetry = open_telemetry(service_name, os.environ)
    if telemetry is None:
        yield SILENT
        return
    from quartet.process.telemetry.reporting import Reporting

    telemetry.install(of_others=of_others)
    try:
        yield Reporting(telemetry)
    finally:
        telemetry.close()


def open_telemetry(service_name: str, environment: Mapping[str, str]) -> "Telemetry | None":
    """What takes the spans and metrics of a process; None if telemetry is off.

    Args:
        service_name: the `service.name`, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` says another one.
        environment: that of the process. The SDK reads its other variables from the process itself.

    Raises:
        ConfigurationError: a package is missing, or a variable has a value that cannot be used.
    """
    if not is_on(environment):
        return None
    require_sdk()
    try:
        from quartet.process.telemetry.sdk import Telemetry

        return Telemetry.open(service_name, environment)
    except ConfigurationError:
        raise
    except (ValueError, TypeError) as error:  # the SDK parses some of its variables when it is imported
        raise ConfigurationError(f"a variable OTEL_… cannot be used: {' '.join(str(error).split())}") from error


def require_sdk() -> None:
    """Make sure that the modules which import OpenTelemetry can be imported.

    Raises:
        ConfigurationError: it is not installed.
    """
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        raise missing("opentelemetry-sdk", "telemetry")
