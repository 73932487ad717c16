"""Fixtures for any project's tests, installed as the pytest plugin `azure_emulators`. They need no SDK.

    async def test_an_event_arrives(event_hub):
        client = EventHubProducerClient.from_connection_string(event_hub.connection_string)

Servers start with the first test that asks for one: a set of them per pytest process, so tests may run in parallel with
pytest-xdist. What a test gets is its own: a new event hub, unused names of a database and of a container.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # Every pytest process where the package is installed loads this module; most of them never start a server.
    from collections.abc import Iterator

    from quartet_emulators.fault_recipes import FaultRecipes
    from quartet_emulators.running import AzureEmulators, EventHub


@pytest.fixture(scope="session")
def azure() -> Iterator[AzureEmulators]:
    """The servers: connection strings, settings, counters, and further event hubs."""
    from quartet_emulators.running import AzureEmulators

    with AzureEmulators() as running:
        yield running


@pytest.fixture
def event_hub(azure: AzureEmulators) -> EventHub:
    """A new event hub with four partitions and the consumer group `$Default`."""
    return azure.new_event_hub()


@pytest.fixture(scope="module")
def module_event_hub(azure: AzureEmulators) -> EventHub:
    """The same, one for all tests of a module."""
    return azure.new_event_hub()


@pytest.fixture
def cosmos_database() -> str:
    """The name of a database that does not exist yet: the test creates it."""
    return f"db-{_unused()}"


@pytest.fixture
def blob_container() -> str:
    """The name of a container of Blob Storage that does not exist yet: the test creates it."""
    return f"container-{_unused()}"


@pytest.fixture
def azure_faults(azure: AzureEmulators) -> Iterator[FaultRecipes]:
    """Faults of the servers, which end with the test."""
    with azure.faults as faults:
        yield faults


def _unused() -> str:
    from uuid import uuid4

    return uuid4().hex[:12]
