"""Recording costs no request."""

from typing import Any

import pytest

from quartet.engine.records.record import Record
from quartet.testing.memory import MemoryHub, MemoryStore, StoreOfProcess
from tests.recordings import acts


@pytest.mark.parametrize("name", ["orders", "cancelled"])
def test_sagas_are_read_written_and_said_as_often_with_recording_as_without(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted(recording: bool) -> dict[str, int]:
        counts = dict.fromkeys(("writes", "reads", "sends"), 0)
        put, load, append = MemoryStore.put, StoreOfProcess.load, MemoryHub.append

        def counting_put(store: MemoryStore[Any], record: Record[Any]) -> str | None:
            counts["writes"] += 1
            return put(store, record)

        def counting_append(hub: MemoryHub, partition: str, body: bytes) -> Any:  # noqa: ANN401 -- a message
            counts["sends"] += 1
            return append(hub, partition, body)

        async def counting_load(store: StoreOfProcess[Any], saga_ids: Any) -> Any:  # noqa: ANN401 -- as the original
            counts["reads"] += 1
            return await load(store, saga_ids)

        with monkeypatch.context() as patch:
            patch.setattr(MemoryStore, "put", counting_put)
            patch.setattr(MemoryHub, "append", counting_append)
            patch.setattr(StoreOfProcess, "load", counting_load)
            patch.setattr(acts, "RECORDS", recording)
            acts.ACTS[name]()
        return counts

    without = counted(recording=False)
    assert without["writes"] > 30
    assert counted(recording=True) == without
