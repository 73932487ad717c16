"""A part in a process of its own, as its parent sees it."""

import asyncio
import itertools
import signal
import subprocess
from contextlib import suppress
from typing import Any, NoReturn

from quartet_emulators.parts.inputs import Inputs
from quartet_emulators.parts.part import Question, RefusedError, Serving, flag_of
from quartet_emulators.processes.channel import Channel
from quartet_emulators.processes.child import START
from quartet_emulators.processes.spawning import Spawned

ANSWER_SECONDS = 8.0
"""How long a question may take: a part that serves answers within milliseconds."""
_LAST_SECONDS = 1.0


class PartEndedError(Exception):
    """The process of a part has ended although it was not stopped: one line for people."""


class RemotePart:
    """The other end of `quartet_emulators.processes.child`.

    Args:
        spawned: the process.
        inputs: what it is to serve.
    """

    def __init__(self, spawned: Spawned, inputs: Inputs) -> None:
        self.name = spawned.name
        self._spawned = spawned
        self._inputs = inputs.for_part(spawned.name)
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._channel: Channel | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> Serving:
        """Wait until it serves.

        Raises:
            StartError: it cannot; its own line.
            PartEndedError: it has ended.
        """
        self._channel = await Channel.over(self._spawned.end)
        self._reading = asyncio.create_task(self._read(self._channel))
        serving: Serving = await self._ask(START, self._inputs)
        return serving

    async def ask(self, question: Question, body: Any = None) -> Any:  # noqa: ANN401 -- each question has its own
        """What it answers; see `Question`.

        Raises:
            RefusedError: it cannot do that, or does not answer.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._ask(question, body)
        except (TimeoutError, PartEndedError) as error:
            raise RefusedError(f"{self.name} does not answer", status=503) from error

    async def until_it_ends(self) -> NoReturn:
        """Wait until the process ends, for whatever reason.

        Raises:
            PartEndedError: when it does.
        """
        if self._reading is not None:
            await asyncio.shield(self._reading)
        raise self._ending()

    async def stop(self) -> None:
        """Let it stop, and wait for its end. If this is cancelled, it is killed."""
        try:
            if self._channel is not None and self._reading is not None:
                self._channel.end()
                await asyncio.shield(self._reading)
                await asyncio.to_thread(self._spawned.process.wait)
        finally:
            self._spawned.kill()
            if self._channel is not None:
                self._channel.close()

    async def _ask(self, question: str, body: object) -> Any:  # noqa: ANN401 -- each question has its own
        if self._channel is None or self._reading is None or self._reading.done():
            raise self._ending()
        number, answer = next(self._numbers), asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            with suppress(ConnectionError):  # the reader finds out, and says how it has ended
                await self._channel.send((number, question, body))
            return await answer
        finally:
            del self._waiting[number]

    async def _read(self, channel: Channel) -> None:
        """Hand out the answers, until there are no more."""
        with suppress(EOFError):
            while True:
                number, value, error = await channel.receive()
                answer = self._waiting.get(number)
                if answer is None or answer.done():  # no one waits for it any longer
                    continue
                if error is None:
                    answer.set_result(value)
                else:
                    answer.set_exception(error)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._ending())

    def _ending(self) -> PartEndedError:
        process = self._spawned.process
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_SECONDS)
        how = _how(process.returncode)
        return PartEndedError(f"the {flag_of(self.name)} emulator {how}; the others were stopped")


def _how(status: int | None) -> str:
    if status is None:
        return "does not answer"
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:  # most realtime signals have no name
        return f"was killed by signal {-status}"
