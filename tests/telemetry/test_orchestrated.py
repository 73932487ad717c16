"""The orchestrated style calls the same engine: its sagas are one trace each, too."""

from pathlib import Path

from quartet.events import first_traceparent
from tests.both_styles.test_processes import running_twin
from tests.saga.shop import address, order
from tests.telemetry.receiver import receiving


async def test_a_saga_of_the_orchestrator_is_one_trace_without_an_orphan(tmp_path: Path) -> None:
    placed = order("twin-traced", {"alidade": 1}, shipping_address=address("AQ"))
    async with receiving() as receiver:
        async with running_twin(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url) as (_, shop):
            await shop.stock(alidade=3)
            await shop.publish(placed)
            await shop.until("twin-traced", "CANCELLED")
            # The order is cancelled before its orchestration has ended, which has its span then.
            await receiver.until(lambda one: any(span.name == "orchestration:order_saga" for span in one.spans))
        spans = [span for span in receiver.spans if span.trace == first_traceparent(placed.saga_id, placed.id)[3:35]]
    ids = {span.span for span in spans}
    assert len(ids) == len(spans)
    assert [span.name for span in spans if span.parent and span.parent not in ids] == []
    by_id = {span.span: span for span in spans}
    participants = {span.attributes.get("quartet.participant") for span in spans} - {None}
    assert participants == {"orchestrator", "order", "inventory", "payment", "shipping"}
    [cancelled] = [span for span in spans if span.name == "create OrderCancelled.v1"]
    assert by_id[cancelled.parent].attributes["quartet.participant"] == "order"
    # The scheduler's SDK continues the trace: its orchestration is below the call that began it.
    [orchestration] = [span for span in spans if span.name == "orchestration:order_saga"]
    above = by_id[by_id[orchestration.parent].parent]
    assert above.name == "DurableSagas.begin"
    # A participant that is called hears no hub.
    called = [span for span in spans if span.attributes.get("quartet.participant") == "payment"]
    assert [span.name for span in called if "messaging.system" in span.attributes] == []
