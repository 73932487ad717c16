"""What reads every record holds none of them longer than it needs it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, cast

import pytest

from quartet.adapters import Effect
from quartet.cli.audit.evidence import read_evidence
from quartet.cli.audit.judging import judge
from quartet.cli.audit.ledgers import GuardedLedger
from quartet.cli.reading.stored import Stored
from quartet.cli.status import sagas
from quartet.cli.status.sagas import overview
from quartet.engine.declaration.invariant import Evidence
from quartet.engine.declaration.participant import Participant
from quartet.engine.errors import OutageError
from quartet.engine.records.record import Record
from tests.topology.oven import BAKERY

MANY = 2_000


@dataclass
class Counted:
    """Knows how many of it there are, and were at most."""

    number: int
    now: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def __new__(cls, *_: object) -> Self:
        Counted.now += 1
        Counted.most = max(Counted.most, Counted.now)
        return super().__new__(cls)

    def __del__(self) -> None:
        Counted.now -= 1


@dataclass(frozen=True)
class Baked(Effect):
    loaves: Counted


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    Counted.now = Counted.most = 0


class Many:
    """`Stored` with many sagas, all but three of them ended; and a ledger that names each effect twice."""

    unparsed: tuple[()] = ()

    async def records(self, participant: Participant[Any, Any]) -> AsyncIterator[Record[Any]]:
        for number in range(MANY):
            said = ("FlourGround.v1",) if participant.name == "miller" or number < 3 else ("BreadBaked.v1",)
            answers = tuple({"type": type_} for type_ in said)
            yield Record(f"rye-{number}", "0", Counted(number), {"/tests#e-1": answers})

    async def effects(self) -> AsyncIterator[Baked]:
        for number in range(MANY):
            yield Baked(f"rye-{number}", "loaf", Counted(-1))
            yield Baked(f"rye-{number}", "loaf", Counted(number))


MANY_STORED = cast(Stored, Many())
LEDGERS = {"baker": cast(GuardedLedger, Many())}


def odd(evidence: Evidence) -> Iterator[str]:
    """No saga has the number 7, and each has one effect."""
    for saga_id in evidence.sagas:
        if evidence.state("baker", saga_id).number == 7:
            yield f"{saga_id}: is the seventh"
    effects = evidence.effects("baker")
    for effect in effects:
        assert isinstance(effect, Baked)
        if effect.loaves.number < 0:
            yield f"{effect.saga_id}: is an effect that was read again"


async def test_the_audit_holds_one_state_and_one_effect_at_a_time() -> None:
    with await read_evidence(MANY_STORED, BAKERY, LEDGERS) as evidence:
        first, _ = judge(replace(BAKERY, invariants=(odd,)), evidence)
    assert [violation.subject for violation in first.violations] == ["rye-7"]
    assert first.figures == {"sagas": MANY, "effects": MANY}
    assert 1 <= Counted.most < 10


async def test_evidence_is_a_sequence_as_it_is_in_memory() -> None:
    with await read_evidence(MANY_STORED, BAKERY, LEDGERS) as evidence:
        assert list(evidence.sagas)[:2] == list(evidence.sagas[:2]) == ["rye-0", "rye-1"]
        assert evidence.sagas[-1] == f"rye-{MANY - 1}"
        assert (evidence.effects("baker")[5].saga_id, len(evidence.effects("baker"))) == ("rye-5", MANY)
        assert evidence.state("baker", "nothing") is None
        assert "rye-8" in evidence.sagas
        with pytest.raises(IndexError):
            _ = evidence.sagas[MANY]


async def test_evidence_that_cannot_be_read_whole_is_none() -> None:
    class Away(Many):
        async def effects(self) -> AsyncIterator[Baked]:
            raise OutageError("away")
            yield

    with pytest.raises(OutageError, match="away"):
        await read_evidence(MANY_STORED, BAKERY, {"baker": cast(GuardedLedger, Away())})


async def test_the_status_of_all_holds_the_open_ones_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_letters(*_: object) -> list[Any]:
        return []

    monkeypatch.setattr(sagas, "find_letters", no_letters)
    seen = await overview(MANY_STORED, BAKERY)
    assert (seen.ended, seen.total) == ({"BreadBaked.v1": MANY - 3}, MANY)
    assert seen.open == {f"rye-{number}": ("FlourGround.v1", "FlourGround.v1") for number in range(3)}
    assert 1 <= Counted.most < 10
