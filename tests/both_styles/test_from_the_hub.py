"""What the orchestrator does about an event in the hub, and what it says of wrong settings."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from quartet import ConfigurationError, Ignored, Rejected
from quartet.adapters import EnvironmentSettings
from quartet.azure.environment import load
from quartet.engine.records.record import Json
from quartet.events import Event, new_event, to_json
from services.orchestrator.handlers import begin_saga, cancel_saga
from services.orchestrator.saga import CANCEL, PLACED
from services.orchestrator.settings import OrchestratorSettings, check_layout, scheduler_of
from shared.events import OrderCreated
from tests.saga.shop import cancellation, order

GOOD = "Endpoint=https://shop.westeurope.durabletask.io;TaskHub=orders;Authentication=ManagedIdentity"


@dataclass
class FakeSagas:
    """A scheduler in a dictionary."""

    begun: dict[str, Json] = field(default_factory=dict)
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def begin(self, event: Event[Any]) -> Json | None:
        if event.saga_id in self.begun:
            return self.begun[event.saga_id]
        self.begun[event.saga_id] = to_json(event)
        return None

    async def pass_on(self, name: str, event: Event[Any]) -> None:
        self.heard.append((event.saga_id, name))


async def test_an_order_begins_its_saga_once() -> None:
    sagas, first = FakeSagas(), order("hub-1", {"gong": 1})
    assert await begin_saga(first, None, sagas) == Ignored("begun")
    again = new_event(first.data, source="/shop-floor", time=datetime.now(UTC))
    assert await begin_saga(again, None, sagas) == Ignored("duplicate")
    assert sagas.heard == []


async def test_other_data_under_a_known_id_is_a_dead_letter() -> None:
    sagas = FakeSagas()
    await begin_saga(order("hub-2", {"gong": 1}), None, sagas)
    outcome = await begin_saga(order("hub-2", {"gong": 2}), None, sagas)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "conflicting_order"


async def test_a_request_to_cancel_is_passed_on() -> None:
    sagas = FakeSagas()
    await begin_saga(order("hub-3", {"gong": 1}), None, sagas)
    await cancel_saga(cancellation("hub-3"), None, sagas)
    assert sagas.heard == [("hub-3", CANCEL)]


async def test_a_request_that_comes_first_begins_the_saga_and_the_order_joins_it() -> None:
    sagas = FakeSagas()
    assert await cancel_saga(cancellation("hub-4"), None, sagas) == Ignored("begun")
    assert await begin_saga(order("hub-4", {"gong": 1}), None, sagas) == Ignored("passed on to its saga")
    assert sagas.heard == [("hub-4", PLACED)]


def test_a_connection_string_as_the_portal_shows_it() -> None:
    scheduler = scheduler_of(f"{GOOD};ClientID=1-2-3;")
    assert (scheduler.host_address, scheduler.secure_channel) == ("shop.westeurope.durabletask.io", True)
    assert (scheduler.taskhub, scheduler.with_identity, scheduler.client_id) == ("orders", True, "1-2-3")


def test_a_connection_string_of_an_emulator() -> None:
    scheduler = scheduler_of("Endpoint=http://127.0.0.1:8080;TaskHub=default;Authentication=None")
    assert (scheduler.host_address, scheduler.secure_channel, scheduler.with_identity) == (
        "127.0.0.1:8080",
        False,
        False,
    )


@pytest.mark.parametrize("wrong", ["", "127.0.0.1:8080", "Endpoint=shop.io;TaskHub=a", "Endpoint=https://shop.io"])
def test_a_wrong_one_is_one_line_that_names_the_variable(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURABLE_TASK_SCHEDULER_CONNECTION_STRING", wrong)
    with pytest.raises(
        ConfigurationError, match=r"^DURABLE_TASK_SCHEDULER_CONNECTION_STRING: .*Endpoint=https"
    ) as caught:
        load(OrchestratorSettings)
    assert "\n" not in str(caught.value)


def test_it_needs_to_know_where_the_scheduler_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DURABLE_TASK_SCHEDULER_CONNECTION_STRING", raising=False)
    with pytest.raises(ConfigurationError, match="DURABLE_TASK_SCHEDULER_CONNECTION_STRING"):
        load(OrchestratorSettings)


def test_it_cannot_speak_for_services_that_have_hubs_of_their_own() -> None:
    check_layout("one")
    check_layout("inbound")
    with pytest.raises(ConfigurationError, match="HUB_LAYOUT"):
        check_layout("authors")


def test_its_settings_are_those_of_the_order_service_and_more() -> None:
    assert issubclass(OrchestratorSettings, EnvironmentSettings)
    assert "ORDER_DEADLINE_SECONDS" in OrchestratorSettings.variables()
    assert OrderCreated.type == PLACED
