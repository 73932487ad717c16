"""The promises of a port: an idempotency key is one effect, and a voided key is none."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from quartet.engine.errors import Kind, classify

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class IdempotentPort(Generic[A]):
    """A port as these checks call it. Give each check keys that no other check has used.

    Attributes:
        do: have the effect under a key. The answer says what was done, and is the same for every repeat.
        effects: how many effects there are under the key, by the books of the outside world.
        void: make sure that nothing is done under the key from now on. True: nothing ever was. False: it was done
            before. None: the port has no such call.
        refused: whether an answer of `do` says that nothing was done. None: the port has no such answer.
    """

    do: Callable[[str], Awaitable[A]]
    effects: Callable[[str], Awaitable[int]]
    void: Callable[[str], Awaitable[bool]] | None = None
    refused: Callable[[A], bool] | None = None


async def check_same_key_is_one_effect(port: IdempotentPort[Any], key: str) -> None:
    """The same key twice is one effect, and the same answer.

    Raises:
        AssertionError: it is not.
    """
    first, second = await _do(port, key), await _do(port, key)
    _equal(first, second, f"the answers to {key}")
    await _effects(port, key, 1)


async def check_two_callers_are_one_effect(port: IdempotentPort[Any], key: str) -> None:
    """The same key from two callers at the same time is one effect, and the same answer.

    While partitions move, two processes may handle one event.

    Raises:
        AssertionError: it is not.
    """
    first, second = await asyncio.gather(_do(port, key), _do(port, key))
    _equal(first, second, f"the answers to {key}")
    await _effects(port, key, 1)


async def check_keys_are_apart(port: IdempotentPort[Any], key: str, other: str) -> None:
    """Two keys are two effects.

    Raises:
        AssertionError: they are not.
    """
    await _do(port, key)
    await _do(port, other)
    await _effects(port, key, 1)
    await _effects(port, other, 1)


async def check_unknown_outcome_is_found(
    port: IdempotentPort[Any], key: str, lose_answer: Callable[[], object]
) -> None:
    """A call whose answer is lost says that its outcome is not known; a repeat gives the effect, once.

    Args:
        port: the port.
        key: the key.
        lose_answer: makes the next call of the port act, and its answer get lost.

    Raises:
        AssertionError: the call says something else, or the repeat does not find its effect.
    """
    await _lost(port, key, lose_answer)
    _equal(await _do(port, key), await _do(port, key), f"the answers to {key}")
    await _effects(port, key, 1)


async def check_void_finds_unknown_outcome(
    port: IdempotentPort[Any], key: str, lose_answer: Callable[[], object], left: int = 1
) -> None:
    """To void after a lost answer finds what was done: a fallback that hears otherwise would report a failure.

    Args:
        port: the port.
        key: the key.
        lose_answer: makes the next call of the port act, and its answer get lost.
        left: how many effects are left, as in `check_void_after_is_no_second_effect`.

    Raises:
        AssertionError: it does not; or the port cannot void.
    """
    void, _ = _voiding(port)
    await _lost(port, key, lose_answer)
    await _void_too_late(void, key)
    await _effects(port, key, left)


async def check_void_comes_first(port: IdempotentPort[Any], key: str) -> None:
    """What was voided before it was done is never done.

    Raises:
        AssertionError: it is; or the port cannot void.
    """
    void, refused = _voiding(port)
    for _ in range(2):
        if not await void(key):
            raise AssertionError(f"nothing was done under {key}, but void says that it was")
    answer = await port.do(key)
    if not refused(answer):
        raise AssertionError(f"{key} was voided, but the port says {answer!r}")
    await _effects(port, key, 0)


async def check_void_after_is_no_second_effect(port: IdempotentPort[Any], key: str, left: int = 1) -> None:
    """To void what was done says so. 1 effect is left if voiding only prevents, 0 if it also takes back.

    A call that is repeated after that has no effect.

    Raises:
        AssertionError: it does not; or the port cannot void.
    """
    void, _ = _voiding(port)
    await _do(port, key)
    for _ in range(2):
        await _void_too_late(void, key)
    await _effects(port, key, left)
    await port.do(key)
    await _effects(port, key, left)


async def _do(port: IdempotentPort[A], key: str) -> A:
    answer = await port.do(key)
    if port.refused is not None and port.refused(answer):
        raise AssertionError(f"{key} was not voided, but the port says {answer!r}")
    return answer


async def _lost(port: IdempotentPort[Any], key: str, lose_answer: Callable[[], object]) -> None:
    lose_answer()
    try:
        answer = await port.do(key)
    except Exception as error:
        if classify(error) is not Kind.TRANSIENT:
            raise AssertionError(f"a lost answer must be a TransientError, not {error!r}") from error
    else:
        raise AssertionError(f"the answer was lost, but the port says {answer!r}")


async def _void_too_late(void: Callable[[str], Awaitable[bool]], key: str) -> None:
    if await void(key):
        raise AssertionError(f"{key} was done before it was voided, but void says that nothing was")


def _voiding(port: IdempotentPort[A]) -> tuple[Callable[[str], Awaitable[bool]], Callable[[A], bool]]:
    if port.void is None or port.refused is None:
        raise AssertionError("the port is described without void or refused: this check needs both")
    return port.void, port.refused


def _equal(first: object, second: object, what: str) -> None:
    if first != second:
        raise AssertionError(f"{what} differ: {first!r} and {second!r}")


async def _effects(port: IdempotentPort[Any], key: str, expected: int) -> None:
    found = await port.effects(key)
    if found != expected:
        raise AssertionError(f"{key} has {found} effects, expected {expected}")
