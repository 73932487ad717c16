"""The exporters of Application Insights, with the identity of the process: a connection string holds no secret then."""

import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, TypeVar

from opentelemetry.sdk.metrics.export import MetricExporter
from opentelemetry.sdk.trace.export import SpanExporter

from quartet.engine.errors import ConfigurationError
from quartet.extras import missing

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential

E = TypeVar("E")

CONNECTION_STRING: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"

# The exporter reports about itself to hosts of Microsoft, and asks one for its configuration. A process talks to the
# servers that its settings name, and to no others, unless an operator sets these to `false`.
OF_ITS_OWN: Final = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",  # an item with every batch
)


def is_named(environment: Mapping[str, str]) -> bool:
    """Whether the environment names an Application Insights."""
    return bool(environment.get(CONNECTION_STRING, "").strip())


def azure_span_exporter(environment: Mapping[str, str]) -> SpanExporter:
    """That of spans.

    Raises:
        ConfigurationError: a package is missing, or the connection string cannot be used.
    """
    options = _options(environment)
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter

    return _made(AzureMonitorTraceExporter, options)


def azure_metric_exporter(environment: Mapping[str, str]) -> MetricExporter:
    """That of metrics. Raises as `azure_span_exporter` does."""
    options = _options(environment)
    from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter

    return _made(AzureMonitorMetricExporter, options)


def _options(environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = find_spec("azure.monitor.opentelemetry.exporter")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise missing("azure-monitor-opentelemetry-exporter", "telemetry-azure")
    for name in OF_ITS_OWN:
        os.environ.setdefault(name, "true")
    # What cannot be sent is lost, as with other receivers: no file of events is left on a disk.
    return {
        "connection_string": environment[CONNECTION_STRING],
        "credential": _credential(),
        "disable_offline_storage": True,
    }


def _credential() -> "DefaultAzureCredential":
    from azure.identity import DefaultAzureCredential

    # The exporters work on threads of their own, and take this form of a credential only.
    return DefaultAzureCredential()


def _made(exporter: Callable[..., E], options: dict[str, Any]) -> E:
    try:
        return exporter(**options)
    except ValueError as error:
        # Not its text: it may repeat the value.
        raise ConfigurationError(
            f"{CONNECTION_STRING} cannot be used: copy the connection string of the Application Insights resource"
        ) from error
