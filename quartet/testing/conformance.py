"""Whether an adapter of one's own keeps what a participant relies on: an idempotency key is one effect."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from quartet.engine.errors import Kind, classify

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class IdempotentPort(Generic[A]):
    """A port as these checks call it. Each check uses keys of its own.

    Attributes:
        do: have the effect under a key. The answer says what was done, and is the same for every repeat.
        effects: how many effects there are under the key, by the books of the outside world.
        void: make sure that there is no effect under the key from now on, if there was none before. None: there is no
            such call.
        refused: whether an answer of `do` says that the key was voided.
    """

    do: Callable[[str], Awaitable[A]]
    effects: Callable[[str], Awaitable[int]]
    void: Callable[[str], Awaitable[object]] | None = None
    refused: Callable[[A], bool] = bool


async def check_same_key_is_one_effect(port: IdempotentPort[Any], key: str) -> None:
    """The same key twice is one effect, and the same answer.

    Raises:
        AssertionError: it is not.
    """
    first, second = await port.do(key), await port.do(key)
    _equal(first, second, f"the answers to {key}")
    await _effects(port, key, 1)


async def check_keys_are_apart(port: IdempotentPort[Any], key: str, other: str) -> None:
    """Two keys are two effects.

    Raises:
        AssertionError: they are not.
    """
    await port.do(key)
    await port.do(other)
    await _effects(port, key, 1)
    await _effects(port, other, 1)


async def check_unknown_outcome_is_found(
    port: IdempotentPort[Any], key: str, lose_answer: Callable[[], object]
) -> None:
    """A call whose answer is lost says that its outcome is not known; a repeat gives the effect, once.

    Args:
        port: the port.
        key: the key.
        lose_answer: makes the next call of `do` act, and its answer get lost.

    Raises:
        AssertionError: the call says something else, or the repeat does not find its effect.
    """
    lose_answer()
    try:
        answer = await port.do(key)
    except Exception as error:
        if classify(error) is not Kind.TRANSIENT:
            raise AssertionError(f"a lost answer must be a TransientError, not {error!r}") from error
    else:
        raise AssertionError(f"the answer was lost, but the port says {answer!r}")
    _equal(await port.do(key), await port.do(key), f"the answers to {key}")
    await _effects(port, key, 1)


async def check_void_comes_first(port: IdempotentPort[Any], key: str) -> None:
    """What was voided before it was done is never done.

    Raises:
        AssertionError: it is; or the port cannot void.
    """
    if port.void is None:
        raise AssertionError("the port has no void")
    await port.void(key)
    await port.void(key)
    answer = await port.do(key)
    if not port.refused(answer):
        raise AssertionError(f"{key} was voided, but the port says {answer!r}")
    await _effects(port, key, 0)


async def check_void_after_is_no_second_effect(port: IdempotentPort[Any], key: str, left: int) -> None:
    """To void what was done leaves so many effects: 1 if voiding only prevents, 0 if it also takes back.

    Raises:
        AssertionError: it does not; or the port cannot void.
    """
    if port.void is None:
        raise AssertionError("the port has no void")
    await port.do(key)
    await port.void(key)
    await _effects(port, key, left)


def _equal(first: object, second: object, what: str) -> None:
    if first != second:
        raise AssertionError(f"{what} differ: {first!r} and {second!r}")


async def _effects(port: IdempotentPort[Any], key: str, expected: int) -> None:
    found = await port.effects(key)
    if found != expected:
        raise AssertionError(f"{key} has {found} effects, expected {expected}")
