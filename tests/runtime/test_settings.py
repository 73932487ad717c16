"""Settings: one of each pair, and one line that says what is wrong."""

from dataclasses import replace
from typing import cast

import pytest
from azure.cosmos.aio import DatabaseProxy
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from quartet.azure.environment import EnvironmentSettings, load
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.settings import Settings, load_settings
from quartet.engine.errors import ConfigurationError
from quartet.process.service_context import ServiceContext
from services.order.service import SERVICE as ORDER
from tests.runtime.fakes import NOON, QUIET

CONTEXT = ServiceContext(
    settings=cast(Settings, None),
    database=cast(DatabaseProxy, None),
    publisher=cast(HubPublisher, None),
    owned=(),
    now=lambda: NOON,
    log=QUIET,
)
COMPLETE = {
    "EVENT_HUBS_CONNECTION_STRING": "Endpoint=sb://localhost;",
    "BLOB_ACCOUNT_URL": "https://name.blob.core.windows.net",
    "COSMOS_ENDPOINT": "https://name.documents.azure.com",
}


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("EVENT_HUBS_CONNECTION_STRING", "EVENT_HUBS_NAMESPACE", "BLOB_CONNECTION_STRING", "BLOB_ACCOUNT_URL"),
        *("COSMOS_CONNECTION_STRING", "COSMOS_ENDPOINT", "BUCKETS", "LOG_FORMAT"),
    ):
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in {**COMPLETE, **changes}.items():
        monkeypatch.setenv(name, value)


def test_a_missing_setting_has_the_documented_default(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    settings = load_settings()
    assert (settings.event_hub_name, settings.blob_container, settings.buckets) == ("saga-events", "checkpoints", 16)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is how compose files pass nothing."""
    set_all(monkeypatch, COSMOS_CONNECTION_STRING="", EVENT_HUBS_NAMESPACE="")
    assert load_settings().cosmos_connection_string is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"COSMOS_ENDPOINT": ""}, "set one of COSMOS_CONNECTION_STRING and COSMOS_ENDPOINT: neither is set"),
        ({"EVENT_HUBS_NAMESPACE": "n"}, "set one of EVENT_HUBS_CONNECTION_STRING and EVENT_HUBS_NAMESPACE: both are"),
        ({"BUCKETS": "many"}, "BUCKETS: Input should be a valid integer"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: Input should be 'console' or 'json'"),
        ({"OWNERSHIP_EXPIRES_SECONDS": "2"}, "must be at least twice LOAD_BALANCING_SECONDS"),
        ({"COSMOS_ENDPOINT": "'https://name'"}, "COSMOS_ENDPOINT: has quotes (') around the value"),
        ({"EVENT_HUB_NAME": "saga-events\r"}, "EVENT_HUB_NAME: ends with a carriage return"),
        ({"EVENT_HUB_NAME": '"saga-events"'}, 'EVENT_HUB_NAME: has quotes (") around the value'),
        ({"EVENT_HUB_NAME": "a/b"}, "EVENT_HUB_NAME: must match"),
        ({"EVENT_HUB_NAME": " saga"}, "EVENT_HUB_NAME: has white space at an end"),
        ({"EVENT_HUB_NAME": "saga\nevents"}, "EVENT_HUB_NAME: has white space"),
        ({"EVENT_HUB_NAME": "\ufeffsaga"}, "EVENT_HUB_NAME: has white space at an end, or a character"),
        ({"BLOB_CONTAINER": "Check"}, "BLOB_CONTAINER: must match"),
        ({"BUCKETS": "16\r"}, "BUCKETS: ends with a carriage return"),
        ({"HEALTH_PORT": "70000"}, "HEALTH_PORT: Input should be less than or equal to 65535"),
        ({"CHECKPOINT_SECONDS": "nan"}, "CHECKPOINT_SECONDS: Input should be a finite number"),
        ({"CHECKPOINT_SECONDS": "inf"}, "CHECKPOINT_SECONDS: "),
        ({"COSMOS_ENDPOINT": "http://name"}, "COSMOS_ENDPOINT must begin with https://: tokens are sent over TLS only"),
    ],
)
def test_a_mistake_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], message: str) -> None:
    set_all(monkeypatch, **changes)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_output_says_how_to_join_a_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match=r"set -a; \. \.quartet/\.env"):
        load_settings()


class LoyaltySettings(EnvironmentSettings):
    model_config = SettingsConfigDict(env_prefix="LOYALTY_")

    points: int = Field(default=10, ge=1)


def test_a_participants_own_settings_have_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LoyaltySettings.variables() == {"LOYALTY_POINTS"}
    assert load(LoyaltySettings).points == 10
    monkeypatch.setenv("LOYALTY_POINTS", "0")
    with pytest.raises(ConfigurationError, match="LOYALTY_POINTS: Input should be greater than or equal to 1"):
        load(LoyaltySettings)
    monkeypatch.setenv("LOYALTY_POINTS", "'3'")
    with pytest.raises(ConfigurationError, match=r"LOYALTY_POINTS: has quotes \('\) around the value"):
        load(LoyaltySettings)


def test_a_service_gets_only_the_settings_that_it_names() -> None:
    context = replace(CONTEXT, own_settings=LoyaltySettings())
    assert context.own(LoyaltySettings).points == 10
    with pytest.raises(TypeError, match=r"name it as Service\(settings=LoyaltySettings\)"):
        CONTEXT.own(LoyaltySettings)


def test_a_wrong_setting_of_its_own_keeps_a_service_from_starting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_all(monkeypatch, ORDER_DEADLINE_SECONDS="1e300")
    with pytest.raises(SystemExit) as ended:
        ORDER.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("order: ORDER_DEADLINE_SECONDS: Input should be less than")
