"""Only a violation that lasts is reported: services that catch up are not wrong."""

from datetime import timedelta

from quartet.cli.audit.lasting import lasting, persistent
from services.operations.audit.invariants import Finding, audit
from services.operations.audit.snapshot import Snapshot
from tests.cli.audited_shop import GRACE, broken, shop


def test_a_violation_that_passes_is_not_reported() -> None:
    moving, still_wrong = shop(), shop()
    moving.parcels.append("done")
    moving.parcels.append("undone")
    still_wrong.parcels.append("undone")
    findings = persistent(audit(moving, GRACE), audit(still_wrong, GRACE))
    assert broken(findings) == {3: ["undone: is CANCELLED, but a parcel is on its way"]}


def test_a_new_violation_is_not_reported_yet() -> None:
    late = shop()
    late.parcels.append("undone")
    assert broken(persistent(audit(shop(), GRACE), audit(late, GRACE))) == {}


async def looked_at(*snapshots: Snapshot) -> tuple[list[Finding], int]:
    """What lasts in these snapshots, of which the last stays as it is; and how many were looked at."""
    looks = 0

    async def look() -> list[Finding]:
        nonlocal looks
        looks += 1
        return audit(snapshots[min(looks, len(snapshots)) - 1], GRACE)

    return await lasting(look, timedelta(0)), looks


def behind(*order_ids: str) -> Snapshot:
    """A shop in which a parcel of each of these orders is on its way that should not be."""
    snapshot = shop()
    snapshot.parcels += order_ids
    return snapshot


async def test_a_service_that_catches_up_slowly_is_not_wrong() -> None:
    findings, looks = await looked_at(behind("undone", "refused"), behind("undone"), shop())
    assert broken(findings) == {}
    assert looks == 3


async def test_violations_that_no_longer_become_fewer_are_reported() -> None:
    findings, looks = await looked_at(behind("undone", "refused"), behind("undone"))
    assert broken(findings) == {3: ["undone: is CANCELLED, but a parcel is on its way"]}
    assert looks == 3


async def test_other_violations_at_each_look_end_the_wait() -> None:
    findings, looks = await looked_at(behind("undone"), behind("refused"))
    assert broken(findings) == {}
    assert looks == 2
