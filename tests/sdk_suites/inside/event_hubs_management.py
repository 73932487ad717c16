"""In the place of `azure.mgmt.eventhub`: the few calls by which the suite makes an event hub for each test."""

import json
import urllib.request
from types import SimpleNamespace

from quartet_emulators.event_hubs.authorisation import EMULATOR_KEY, EMULATOR_KEY_NAME

from tests.sdk_suites.inside.settings import CONTROL_URL, EVENT_HUBS_HOST, setting


class _Namespaces:
    def list_keys(self, *_: str) -> SimpleNamespace:
        text = f"Endpoint=sb://{setting(EVENT_HUBS_HOST)}/;SharedAccessKeyName={EMULATOR_KEY_NAME};"
        return SimpleNamespace(
            primary_connection_string=f"{text}SharedAccessKey={EMULATOR_KEY}",
            key_name=EMULATOR_KEY_NAME,
            primary_key=EMULATOR_KEY,
        )


class _EventHubs:
    def create_or_update(self, _group: str, _namespace: str, name: str, hub: dict[str, int]) -> SimpleNamespace:
        body = {"Name": name, "PartitionCount": hub["partition_count"], "ConsumerGroups": []}
        request = urllib.request.Request(
            f"{setting(CONTROL_URL)}/event-hubs/hubs", json.dumps(body).encode(), method="POST"
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request):  # each test of a suite has a limit
            return SimpleNamespace(name=name)

    def delete(self, *_: str) -> None:
        """Hubs are there until the servers end."""


class EventHubManagementClient:
    """A namespace: that of the emulator."""

    def __init__(self, *_: object, **__: object) -> None:
        self.namespaces = _Namespaces()
        self.event_hubs = _EventHubs()
