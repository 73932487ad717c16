"""`AzureEmulators`: servers for a block, by a program that knows nothing of how they are run."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError
from azure.eventhub import EventData, EventHubProducerClient
from azure.storage.blob import BlobServiceClient
from quartet_emulators import AzureEmulators, EmulatorsError

from quartet.engine.failures.timeouts import stretched


@pytest.fixture(scope="module")
def running() -> Iterator[AzureEmulators]:
    with AzureEmulators(hubs={"readings": 2}) as azure:
        yield azure


def cosmos(azure: AzureEmulators, **options: Any) -> CosmosClient:  # noqa: ANN401 -- the client's
    transport = RequestsTransport(use_env_settings=False)
    return CosmosClient.from_connection_string(
        azure.cosmos, transport=transport, user_agent="product", retry_total=0, **options
    )


def test_the_three_servers_are_there_for_the_length_of_a_block(running: AzureEmulators) -> None:
    with EventHubProducerClient.from_connection_string(running.event_hubs, eventhub_name="readings") as producer:
        assert producer.get_partition_ids() == ["0", "1"]
    with cosmos(running) as client:
        container = client.create_database("rooms").create_container("beds", PartitionKey("/pk"))
        container.create_item({"id": "1", "pk": "a"})
        assert container.read_item("1", "a")["pk"] == "a"
    with BlobServiceClient.from_connection_string(running.blob) as blobs:
        blobs.create_container("pictures")
        assert [one.name for one in blobs.list_containers()] == ["pictures"]
    assert running.counters()["cosmos"]["product"]["create"] == 1
    assert running.settings["COSMOS_CONNECTION_STRING"] == running.cosmos


def test_a_physical_partition_is_split_while_a_client_works(running: AzureEmulators) -> None:
    with cosmos(running) as client:
        container = client.create_database("split").create_container("beds", PartitionKey("/pk"))
        written = [container.create_item({"id": str(number), "pk": f"p{number}"})["id"] for number in range(20)]
        assert len(list(container.read_feed_ranges())) == 1
        pages = container.query_items_change_feed(start_time="Beginning", max_item_count=5).by_page()
        read = [item["id"] for item in next(pages)]
        assert running.split_partition("split", "beds") == ["1", "2"]
        assert running.split_partition("split", "beds", "2") == ["3", "4"]
        read += [item["id"] for page in pages for item in page]
        assert sorted(read) == sorted(written)
        assert len(list(container.read_feed_ranges(force_refresh=True))) == 3
        with pytest.raises(EmulatorsError, match="'2' is gone"):
            running.split_partition("split", "beds", "2")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"database": "nowhere", "container": "beds"}, "does not exist"),
        ({"database": "nowhere"}, "expected the names"),
        ({"database": "nowhere", "container": "beds", "range": 2}, "expected the names"),
        ([], "expected the names"),
    ],
)
def test_a_split_of_nothing_is_refused(running: AzureEmulators, wanted: object, reason: str) -> None:
    with pytest.raises(EmulatorsError, match=reason):
        running.ask("POST", "/cosmos/split", wanted)


def test_nothing_is_left_at_the_end_of_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with AzureEmulators() as azure:
        url = azure.settings["EMULATORS_CONTROL_URL"]
        assert azure.ask("GET", "/health") == {"status": "ok"}
        assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(EmulatorsError, match=f"the emulators do not answer at {url}"):
        azure.ask("GET", "/health")
    assert list(tmp_path.iterdir()) == []


def test_data_is_kept_in_a_directory_that_is_named(tmp_path: Path) -> None:
    with AzureEmulators(tmp_path / "kept") as azure, cosmos(azure) as client:
        client.create_database("rooms")
    with AzureEmulators(tmp_path / "kept") as azure, cosmos(azure) as client:
        assert [one["id"] for one in client.list_databases()] == ["rooms"]


def test_a_new_event_hub_is_empty_and_its_own(running: AzureEmulators) -> None:
    first = running.new_event_hub()
    second = running.new_event_hub("second", partitions=1, groups=("audit",))
    assert first.name != second.name == "second"
    with EventHubProducerClient.from_connection_string(first.connection_string) as producer:
        producer.send_event(EventData("x"), partition_id="3")
        assert producer.get_partition_properties("3")["last_enqueued_sequence_number"] == 0
    with EventHubProducerClient.from_connection_string(second.connection_string) as producer:
        assert producer.get_partition_ids() == ["0"]
        assert producer.get_partition_properties("0")["is_empty"]


@pytest.mark.parametrize(
    ("hub", "words"),
    [
        ({"name": "readings"}, "there is an event hub 'readings' already"),
        ({"name": "READINGS"}, "there is an event hub 'READINGS' already"),
        ({"name": "a/b"}, "Name 'a/b' may only have letters"),
        ({"partitions": 0}, "PartitionCount must be a number from 1 to 32, not 0"),
        ({"groups": ("x", "X")}, "is listed twice"),
    ],
)
def test_a_hub_that_cannot_be_is_refused_in_words(running: AzureEmulators, hub: dict[str, str], words: str) -> None:
    with pytest.raises(EmulatorsError, match=words):
        running.new_event_hub(**hub)  # type: ignore[arg-type]  # the table has all kinds of values


def test_a_hub_survives_an_outage(running: AzureEmulators) -> None:
    hub = running.new_event_hub()
    with EventHubProducerClient.from_connection_string(hub.connection_string) as producer:
        producer.send_event(EventData("x"), partition_id="0")
    running.faults.outage("event_hubs", 0.1)
    with pytest.raises(EmulatorsError, match="event_hubs is away"):
        running.new_event_hub()
    eventually(lambda: _created(running))
    with EventHubProducerClient.from_connection_string(hub.connection_string) as producer:
        assert producer.get_partition_properties("0")["last_enqueued_sequence_number"] == 0


def _created(running: AzureEmulators) -> bool:
    try:
        running.new_event_hub()
    except EmulatorsError:
        return False
    return True


def eventually(happens: Callable[[], bool]) -> None:
    until = time.monotonic() + stretched(15)
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_keeps_them_from_starting_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(EmulatorsError, match=r"the emulators did not start: .*file.*--data-dir"),
        AzureEmulators(tmp_path / "file"),
    ):
        pass
    with pytest.raises(EmulatorsError, match="unrecognized arguments: --melt"), AzureEmulators(options=("--melt",)):
        pass


def test_outside_a_block_there_is_nothing_to_ask() -> None:
    with pytest.raises(EmulatorsError, match="use them in a with block"):
        AzureEmulators().counters()


def test_a_program_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    code = (
        "import json, time; from quartet_emulators import AzureEmulators\n"
        "with AzureEmulators() as azure: print(json.dumps(dict(azure.settings)), flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as program:
        assert program.stdout is not None
        url = json.loads(program.stdout.readline())["EMULATORS_CONTROL_URL"]
        os.kill(program.pid, signal.SIGKILL)
    eventually(lambda: not _answers(int(url.rpartition(":")[2])))


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_lost_reply_was_done_nevertheless(running: AzureEmulators) -> None:
    with cosmos(running) as client:
        container = client.create_database("lost").create_container("replies", PartitionKey("/pk"))
        with running.faults as faults:
            faults.drop_replies("cosmos", match={"operation": "create"}, first=1)
            with pytest.raises(Exception, match=r"(?i)connection|remote"):
                container.create_item({"id": "1", "pk": "a"}, retry_write=0)
            (rule,) = faults.report()["rules"]
            assert rule["injected"] == 1
        assert container.read_item("1", "a")["id"] == "1"
    assert running.faults.report()["rules"] == []


def test_a_throttling_storm_says_when_to_come_back(running: AzureEmulators) -> None:
    with cosmos(running, retry_throttle_total=1) as client, running.faults as faults:
        container = client.create_database("storm").create_container("busy", PartitionKey("/pk"))
        faults.throttle(retry_after_ms=7, match={"operation": "create"}, first=1)
        container.create_item({"id": "1", "pk": "a"})  # the client waits and repeats
        faults.throttle(retry_after_ms=7, match={"operation": "read"}, limit=2)
        with pytest.raises(CosmosHttpResponseError) as error:
            container.read_item("1", "a")
        assert (error.value.status_code, error.value.headers["x-ms-retry-after-ms"]) == (429, "7")
        assert container.read_item("1", "a")["id"] == "1"


def test_several_faults_add_up_and_a_wrong_one_changes_nothing(running: AzureEmulators) -> None:
    with running.faults as faults:
        faults.steal_links(match={"hub": "nobody"}, every=3)
        with pytest.raises(EmulatorsError, match="melt"):
            faults.add("cosmos", "melt")
        faults.drop_replies("event_hubs", match={"hub": "nobody"}, probability=0.5)
        faults.seed(7)
        assert [rule["fault"] for rule in faults.report()["rules"]] == ["steal", "lost_acknowledgement"]
