"""What the hub no longer holds is read from the files of Capture; what was not read there is said."""

import itertools
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from quartet.cli.main import run
from quartet.cli.reading.hub_reader import Found, read_hubs
from quartet.console.capture.files import captured_files
from quartet.console.capture.past import Past
from quartet.console.capture.records import read_records
from quartet.console.projection.facts import Place
from quartet.engine.errors import ConfigurationError
from quartet.engine.ports import Message
from quartet.events import CONTENT_TYPE
from tests.console.captured import SCHEMA, record, window, write
from tests.console.console_fixture import Hub, content, following, running_hub
from tests.console.test_following import EVENTS, SAGAS, by_partition

HUB: Final = "saga-events"
MADE_AT: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
LABELS: Final = {HUB: "", "inbound": "inbound"}


def found(number: int, *, seconds: float = 0, partition: str = "0") -> Found:
    """An event that came in some seconds after the hub was made."""
    at = MADE_AT + timedelta(seconds=seconds)
    return Found(partition, at, Message(b"{}", None, {}, number, str(number), enqueued_at=at))


async def captured(hub: Hub, directory: Path, *, with_types: bool = False, **changes: object) -> int:
    """Write the first half of each partition, in two files each; how many events those are."""
    parts = defaultdict[str, list[Found]](list)
    for one in await read_hubs(hub.settings, lambda _: True):
        parts[one.partition].append(one)
    written = 0
    for partition, events in parts.items():
        half = events[: len(events) // 2]
        written += len(half)
        for number, some in enumerate((half[:7], [], half[7:])):
            records = [record(one, **changes) for one in some]
            if with_types:
                for document in records:
                    document["SystemProperties"]["content-type"] = CONTENT_TYPE
            write(window(directory, HUB, partition, number), records)
    return written


@pytest.mark.parametrize("with_types", [True, False])
async def test_a_projection_from_capture_and_the_hub_equals_one_from_the_hub(tmp_path: Path, with_types: bool) -> None:
    """All of it, where a file says the content type; without one, an event is known by its content."""
    async with running_hub(tmp_path) as hub:
        for partition, events in by_partition(SAGAS).items():
            await hub.send(partition, events)
        written = await captured(hub, tmp_path / "capture", with_types=with_types)
        past = Past(tmp_path / "capture", LABELS)
        async with following(hub, tmp_path / "a", past=past) as console:
            await console.until_read(EVENTS)
        async with following(hub, tmp_path / "b") as rebuilt:
            await rebuilt.until_read(EVENTS)
        assert past.read == written > 50
        assert console.said[:1] == ["files of capture read"]
        without = () if with_types else ("events",)
        assert content(tmp_path / "a", without=without) == content(tmp_path / "b", without=without)


async def test_what_capture_has_is_not_read_from_the_hub_again(tmp_path: Path) -> None:
    """The captured events are changed, so that it shows where an event was read."""
    async with running_hub(tmp_path) as hub:
        await hub.send("0", itertools.chain.from_iterable(SAGAS[:20]))
        events = sum(map(len, SAGAS[:20]))
        written = await captured(hub, tmp_path / "capture", Body=b'{"subject":"from-a-file"}')
        async with following(hub, tmp_path / "a", past=Past(tmp_path / "capture", LABELS)) as console:
            await console.until_read(events)
            saga = await console.projection.saga("from-a-file")
            assert saga is not None
            assert saga.summary.events == written
            kept = [await console.projection.saga(saga[0]["subject"]) for saga in SAGAS[:20]]
            assert sum(one.summary.events for one in kept if one is not None) == events - written


async def test_a_console_that_starts_again_continues_after_capture(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        await hub.send("0", SAGAS[0])
        await captured(hub, tmp_path / "capture")
        async with following(hub, tmp_path / "a", past=Past(tmp_path / "capture", LABELS)) as console:
            await console.until_read(len(SAGAS[0]))
        before = content(tmp_path / "a")
        await hub.send("0", SAGAS[1])
        async with following(hub, tmp_path / "a") as console:
            await console.until_read(len(SAGAS[0]) + len(SAGAS[1]))
        assert len(content(tmp_path / "a")["events"]) == len(before["events"]) + len(SAGAS[1])


async def test_events_that_are_in_no_file_are_said(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        await hub.send("1", SAGAS[0])
        first, *_, last = await read_hubs(hub.settings, lambda _: True)
        write(window(tmp_path / "capture", HUB, "1", 0), [record(first), record(last)])
        async with following(hub, tmp_path / "a", past=Past(tmp_path / "capture", LABELS)) as console:
            await console.until(lambda: "events are in no file of capture" in console.said)
        [line] = [line for line in console.log.entries if line["event"] == "events are in no file of capture"]
        assert (line["log_level"], line["partition"], line["events"]) == ("warning", Place("", "1"), len(SAGAS[0]) - 2)


async def test_a_file_that_is_broken_ends_the_console_with_its_name(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        await hub.send("0", SAGAS[0])
        await captured(hub, tmp_path / "capture")
        broken = window(tmp_path / "capture", HUB, "0", 0)
        broken.write_bytes(broken.read_bytes()[:-40])
        async with following(hub, tmp_path / "a", past=Past(tmp_path / "capture", LABELS)) as console:
            with pytest.raises(ConfigurationError, match=r"00\.avro: is no whole Avro file; download it again"):
                await console.ended()


def test_events_of_an_older_hub_are_left_out_and_counted(tmp_path: Path) -> None:
    """Its numbers began again: the new hub's first event would be taken for one that is known."""
    write(window(tmp_path, HUB, "0", 0), [record(found(number, seconds=number - 100)) for number in range(100)])
    write(window(tmp_path, HUB, "0", 1), [record(found(number, seconds=number)) for number in range(3)])
    past = Past(tmp_path, LABELS)
    taken = [message.sequence_number for _, some in past.batches({"": MADE_AT}) for message in some]
    assert (taken, past.read, past.older, past.missing) == ([0, 1, 2], 3, 100, {})


def test_the_times_of_records_have_whole_seconds_and_the_hub_has_not(tmp_path: Path) -> None:
    write(window(tmp_path, HUB, "0", 0), [record(found(0, seconds=0.3), SystemProperties={})])
    past = Past(tmp_path, LABELS)
    assert [len(some) for _, some in past.batches({"": MADE_AT + timedelta(seconds=0.2)})] == [1]


def test_files_are_read_by_their_events_and_not_by_their_names(tmp_path: Path) -> None:
    for name, numbers in (("b", (0, 1)), ("a", (4, 5)), ("c", (2, 3))):
        write(tmp_path / HUB / "0" / f"{name}.avro", [record(found(number, seconds=number)) for number in numbers])
    past = Past(tmp_path, LABELS)
    assert [one.sequence_number for _, some in past.batches({"": MADE_AT}) for one in some] == [0, 1, 2, 3, 4, 5]
    assert past.missing == {}


def test_partitions_are_read_side_by_side(tmp_path: Path) -> None:
    """Two partitions, each with an event a second: their batches of a thousand take turns."""
    for partition, late in (("0", 0.0), ("1", 0.5)):
        events = [record(found(number, seconds=number + late)) for number in range(2_500)]
        write(window(tmp_path, HUB, partition, 0), events)
    batches = Past(tmp_path, LABELS).batches({"": MADE_AT})
    assert [(place.partition, len(some)) for place, some in batches] == [
        ("0", 1_000), ("1", 1_000), ("0", 1_000), ("1", 1_000), ("0", 500), ("1", 500),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "seconds", "content_type"),
    [
        ({"SystemProperties": {}}, 1, None),
        ({"SystemProperties": {}, "EnqueuedTimeUtc": "7/1/2026 12:00:01 PM"}, 1, None),
        ({"SystemProperties": {}, "EnqueuedTimeUtc": "2026-07-01T12:00:01.25Z"}, 1.25, None),
        ({"SystemProperties": {"content-type": "text/plain"}}, 1, "text/plain"),
        ({"SystemProperties": {"content-type": b"text/plain"}}, 1, "text/plain"),
    ],
)
def test_a_record_is_read(tmp_path: Path, changes: dict[str, Any], seconds: float, content_type: str | None) -> None:
    at = MADE_AT + timedelta(seconds=seconds)
    properties = {"a": b"text", "b": 7, "c": 0.5}
    one = record(found(3, seconds=1), Properties=properties, Body=None, **changes)
    [read] = read_records(write(tmp_path / "one.avro", [one]), "inbound")
    assert (read.at, read.message.enqueued_at) == (at, at)
    assert read.message == Message(b"", content_type, {"a": "text", "b": 7, "c": 0.5}, 3, "3", hub="inbound")


def test_a_record_that_says_no_time_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / "x.avro", [record(found(0), EnqueuedTimeUtc="noon", SystemProperties={})])
    with pytest.raises(ConfigurationError, match=r"x\.avro: EnqueuedTimeUtc 'noon' is no time"):
        list(read_records(file, ""))


def test_another_avro_file_is_none_of_capture(tmp_path: Path) -> None:
    schema = {**json.loads(json.dumps(SCHEMA)), "fields": [{"name": "Body", "type": "bytes"}]}
    file = write(tmp_path / "x.avro", [{"Body": b""}], schema)
    with pytest.raises(ConfigurationError, match=r"x\.avro: is no file of Event Hubs Capture: .* SequenceNumber"):
        list(read_records(file, ""))


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ((), "there is no .avro file in it"),
        (("saga-events/one.avro",), "one.avro is in no HUB/PARTITION/ of this application (inbound, saga-events)"),
        (("other/0/one.avro",), "keep the service's default name format, or leave the file out"),
        (("a/saga-events/0/x.avro", "b/saga-events/0/x.avro"), "saga-events is there twice, in a and b"),
    ],
)
def test_files_that_cannot_be_placed_are_refused(tmp_path: Path, files: tuple[str, ...], text: str) -> None:
    for file in files:
        write(tmp_path / file, [])
    with pytest.raises(ConfigurationError) as caught:
        captured_files(tmp_path, LABELS)
    assert text in str(caught.value)


def test_files_are_placed_by_hub_and_partition(tmp_path: Path) -> None:
    files = [window(tmp_path, "inbound", "0", 0), window(tmp_path, HUB, "3", 1), window(tmp_path, HUB, "3", 2)]
    for file in reversed(files):
        write(file, [])
    assert captured_files(tmp_path, LABELS) == {Place("inbound", "0"): files[:1], Place("", "3"): files[1:]}


def test_a_directory_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no directory; download the files of Capture into one"):
        captured_files(tmp_path / "none", LABELS)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--capture captured", "quartet: --capture needs --rebuild: a projection takes older events before newer ones"),
        ("--rebuild --capture none", "quartet: --capture none: is no directory; download the files of Capture"),
    ],
)
def test_the_command_says_in_a_line_what_is_wrong(
    words: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    nowhere = "Endpoint=sb://127.0.0.1;SharedAccessKeyName=a;SharedAccessKey=YQ==;UseDevelopmentEmulator=true"
    monkeypatch.setenv("EVENT_HUBS_CONNECTION_STRING", nowhere)
    monkeypatch.setenv("COSMOS_CONNECTION_STRING", "AccountEndpoint=http://127.0.0.1:1/;AccountKey=YQ==")
    monkeypatch.setenv("BLOB_CONNECTION_STRING", "UseDevelopmentStorage=true")
    assert run(("--app", "services.shop:SHOP", "console", *words.split())) == 2
    assert capsys.readouterr().err.startswith(text)
    assert list(tmp_path.iterdir()) == []
