"""One state of an explored saga, the possible next steps, and the state after each."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from quartet.engine.errors import TransientError
from quartet.engine.ports import Message
from quartet.events import CONTENT_TYPE, encode
from quartet.testing.frozen import frozen
from quartet.testing.steps import CALL, LOAD, Undisturbed
from quartet.testing.world import World

R = TypeVar("R")
_PARTITION = "0"


class CrashAfter(Undisturbed):
    """Dies after the step of this number; 0: never. The first calls of ports may stay without an answer."""

    def __init__(self, step: int = 0, *, silent: str = "", calls: int = 0) -> None:
        self.crashed = asyncio.Event()
        self.taken: list[str] = []
        self._step, self._silent, self._calls = step, silent, calls

    async def take(self, what: str, action: Callable[[], Awaitable[R]]) -> R:
        """See `Steps.take`."""
        is_silent = what.startswith(CALL) and self._calls > 0
        if is_silent:
            self._calls -= 1
        if is_silent and self._silent == "before":
            raise TransientError("no answer, and nothing was done")
        result = await action()
        self.taken.append(what)
        if len(self.taken) == self._step:
            self.crashed.set()
            await asyncio.Event().wait()
        if is_silent:
            raise TransientError("no answer, but it was done")
        return result


@dataclass(frozen=True, slots=True)
class Move:
    """Something that can happen to an event at a participant."""

    kind: str
    participant: str
    event: str
    label: str
    step: int = 0

    def __str__(self) -> str:
        return f"{self.participant}: {self.kind} {self.label}"


@dataclass(slots=True)
class Node:
    """A world, which events are on their way to whom, and how much trouble is left.

    Attributes:
        numbers: the place of each event in the hub, the same in every world, so that equal worlds compare equal.
    """

    world: World
    numbers: dict[str, int]
    crashes: int
    repeats: int
    silences: int
    pending: frozenset[tuple[str, str]] = frozenset()
    delivered: frozenset[tuple[str, str]] = frozenset()
    way: tuple[Move, ...] = ()
    _known: int = field(default=0)

    def send(self) -> None:
        """Queue the events since the last time for every participant that hears them."""
        for key in list(self.world.witness.said)[self._known :]:
            self.numbers.setdefault(key, len(self.numbers))
            type_ = str(self.world.witness.said[key]["type"])
            hearers = {(one.name, key) for one in self.world.app if type_ in one.hears}
            self.pending |= hearers - self.delivered
        self._known = len(self.world.witness.said)

    def key(self) -> Hashable:
        """Equal for nodes from which the same can follow."""
        documents = {
            name: {saga_id: _essence(document) for saga_id, document in store.documents.items()}
            for name, store in self.world.stores.items()
        }
        letters = frozenset((name, one.id) for name, box in self.world.letters.items() for one in box.open)
        delivered = self.delivered if self.repeats else None
        trouble = (self.crashes, self.repeats, self.silences)
        return (frozen(documents), self.pending, delivered, letters, frozen(self.world.ports), trouble)

    def following(self) -> Iterator["Node"]:
        """Every node that can come next."""
        for name, key in sorted(self.pending, key=lambda one: (one[0], self.numbers[one[1]])):
            yield from self._deliveries(name, key)
        if self.repeats:
            for name, key in sorted(self.delivered - self.pending):
                move = Move("hears again", name, key, self._label(key))
                yield self._after(move, pending=self.pending | {(name, key)}, repeats=self.repeats - 1)

    def _deliveries(self, name: str, key: str) -> Iterator["Node"]:
        label = self._label(key)
        whole, steps = self._after(Move("handles", name, key, label)), CrashAfter()
        whole.deliver(name, key, steps)
        yield whole
        for number, what in enumerate(steps.taken if self.crashes else (), 1):
            if what != LOAD:
                move = Move(f"crashes after `{what}` for", name, key, label, number)
                crashed = self._after(move, crashes=self.crashes - 1)
                crashed.deliver(name, key, CrashAfter(number))
                yield crashed
        if self.silences and any(what.startswith(CALL) for what in steps.taken):
            for moment in ("before", "after"):
                move = Move(f"gets no answer {moment} it was done, for", name, key, label)
                silent = self._after(move, silences=self.silences - 1)
                calls = self.world.app.participant(name).retry.attempts
                silent.deliver(name, key, CrashAfter(silent=moment, calls=calls))
                yield silent

    def _after(self, move: Move, **changes: Any) -> "Node":  # noqa: ANN401 -- attributes, by name
        return replace(self, world=self.world.copy(), way=(*self.way, move), **changes)

    def deliver(self, name: str, key: str, steps: CrashAfter) -> None:
        """A participant handles an event. If it crashes, the event will be delivered again."""
        said = encode(self.world.witness.said[key])
        number = self.numbers[key]
        self.world.loop.run_until_complete(
            self._handle(name, Message(said, CONTENT_TYPE, {}, number, str(number)), steps)
        )
        if not steps.crashed.is_set():
            self.pending -= {(name, key)}
            self.delivered |= {(name, key)}
        self.send()

    def deliver_all(self) -> None:
        """Deliver every event, without further faults."""
        self.send()
        while self.pending:
            name, key = min(self.pending, key=lambda one: (self.numbers[one[1]], one[0]))
            self.deliver(name, key, CrashAfter())

    async def _handle(self, name: str, message: Message, steps: CrashAfter) -> None:
        engine = self.world.engine(self.world.app.participant(name), steps)
        work = asyncio.ensure_future(engine.redeliver(_PARTITION, message))
        crash = asyncio.ensure_future(steps.crashed.wait())
        await asyncio.wait({work, crash}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        for task in (work, crash):
            task.cancel()
        await asyncio.gather(work, crash, return_exceptions=True)

    def _label(self, key: str) -> str:
        return f"{self.world.witness.said[key]['type']} (event {self.numbers[key]})"


def _essence(document: dict[str, Any]) -> dict[str, Any]:
    """The parts of a document that make a difference: not the order of its history, and not when it was written."""
    return {name: value for name, value in document.items() if name not in {"handled", "partition"}} | {
        "handled": {key: [said["id"] for said in answers] for key, answers in document["handled"].items()}
    }
