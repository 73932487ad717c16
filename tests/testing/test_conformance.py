"""The checks find what an adapter does wrong."""

import pytest

from quartet.testing.conformance import IdempotentPort, check_same_key_is_one_effect
from tests.testing.counting import Stamps


def _port(stamps: Stamps) -> IdempotentPort[None]:
    async def effects(key: str) -> int:
        return stamps.used.count(key)

    return IdempotentPort(stamps.stamp, effects)


async def test_an_idempotent_port_passes() -> None:
    await check_same_key_is_one_effect(_port(Stamps()), "k")


async def test_a_port_that_acts_twice_is_found() -> None:
    with pytest.raises(AssertionError, match="k has 2 effects, expected 1"):
        await check_same_key_is_one_effect(_port(Stamps(careless=True)), "k")
