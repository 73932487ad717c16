"""An event that its source may not say, or not on the hub that it came in by, at one participant."""

from dataclasses import replace

import pytest

from quartet.engine.dead_letters.redrive import Redrive, Verdict
from quartet.engine.declaration.hubs import WRONG_AUTHOR, WRONG_HUB
from services.shop import SHOP
from tests.runtime.fakes import NOON, Bench, Parcel, messages, order_created, reserved
from tests.runtime.fakes import SHOP as CUSTOMER

INBOUND = SHOP.inbound_hub


async def test_it_is_a_dead_letter_and_blocks_no_saga() -> None:
    bench = Bench()
    forged = replace(reserved("o-1", "forged"), source=CUSTOMER)
    await bench.engine().process("0", messages(order_created("o-1"), forged, reserved("o-1", "true")))
    [letter] = bench.dead.letters
    assert (letter.reason, letter.saga_id, letter.event_id) == (WRONG_AUTHOR, "o-1", "forged")
    assert bench.records.records["o-1"].state == Parcel(2, "ada")
    assert not bench.records.records["o-1"].is_blocked


async def test_a_redrive_refuses_it_again() -> None:
    bench = Bench()
    await bench.engine().process("0", messages(replace(reserved("o-1"), source=CUSTOMER)))
    operator = Redrive(bench.engine(look_first=True), bench.dead, lambda: NOON)
    [report] = [report async for report in operator.run(await bench.dead.find())]
    assert report.verdict is Verdict.UNREADABLE
    assert bench.records.records == {}


@pytest.mark.parametrize("is_first", [True, False])
async def test_to_discard_it_leaves_the_true_event_with_its_id_alone(is_first: bool) -> None:
    """The id of an answer can be computed by everyone who knows its cause."""
    bench = Bench()
    hubs = SHOP.hubs("inbound")
    [forged] = [replace(message, hub=INBOUND) for message in messages(reserved("o-1"))]
    [created] = [replace(message, hub=INBOUND) for message in messages(order_created("o-1"), start=1)]
    true = messages(reserved("o-1"), start=2)
    if not is_first:
        await bench.engine(hubs=hubs).process("0", [created])
    await bench.engine(hubs=hubs).process("0", [forged])
    [stored] = await bench.dead.find()
    assert stored.letter.reason == WRONG_HUB
    operator = Redrive(bench.engine(look_first=True, hubs=hubs), bench.dead, lambda: NOON)
    assert (await operator.discard(stored)).verdict is Verdict.DISCARDED

    engine = bench.engine(hubs=hubs, look_first=True)
    await engine.process("0", [created] if is_first else [])
    await engine.process("0", true)
    assert bench.records.records["o-1"].state == Parcel(2, "ada")
    assert await bench.dead.find() == []
