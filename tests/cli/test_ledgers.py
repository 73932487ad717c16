"""The audit reads an adapter's ledger: whatever goes wrong there is said, and never taken for an empty ledger."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from quartet.cli.audit.ledgers import GuardedLedger
from quartet.engine.errors import ConfigurationError, OutageError, TransientError
from quartet.process.named_ports import Adapter
from services.payment.ledger import ChargeMade

CHARGE = ChargeMade("ord-1", "pi_1", Decimal(5), "EUR")


@dataclass
class Books:
    """A ledger that lists one charge and then, perhaps, fails."""

    failure: Exception | None

    async def effects(self) -> AsyncIterator[ChargeMade]:
        yield CHARGE
        if self.failure is not None:
            raise self.failure


class NoIterator:
    async def effects(self) -> list[ChargeMade]:
        return [CHARGE]


def guarded(port: object) -> GuardedLedger:
    return GuardedLedger(Adapter(lambda _: port, {"PAYMENT_GATEWAY": "my.own:gateway"}), port)


async def test_what_it_lists_is_passed_on() -> None:
    assert [effect async for effect in guarded(Books(None)).effects()] == [CHARGE]


@pytest.mark.parametrize("failure", [OutageError("away"), TransientError("late"), TimeoutError(), ConnectionError("x")])
async def test_a_server_that_is_away_is_an_outage(failure: Exception) -> None:
    with pytest.raises(OutageError, match=r"could not look at the ledger of PAYMENT_GATEWAY=my\.own:gateway: \w"):
        [effect async for effect in guarded(Books(failure)).effects()]


@pytest.mark.parametrize("failure", [ConfigurationError("key\nrefused"), KeyError("amount"), RuntimeError()])
async def test_anything_else_is_one_line(failure: Exception) -> None:
    with pytest.raises(ConfigurationError) as caught:
        [effect async for effect in guarded(Books(failure)).effects()]
    assert str(caught.value).startswith("the audit could not look at a ledger: PAYMENT_GATEWAY=my.own:gateway")
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:coroutine")
async def test_effects_that_are_not_an_iterator_are_reported() -> None:
    with pytest.raises(ConfigurationError, match="failed: TypeError"):
        [effect async for effect in guarded(NoIterator()).effects()]


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity"])
def test_an_amount_is_a_number_of_at_least_zero(amount: str) -> None:
    with pytest.raises(ValueError, match="the amount of pi_1"):
        ChargeMade("ord-1", "pi_1", Decimal(amount), "EUR")
