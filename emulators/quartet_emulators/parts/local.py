"""A part in this process."""

import asyncio
import errno
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from quartet_emulators.faults import Injector
from quartet_emulators.faults.outage import Interruptible, interrupt
from quartet_emulators.parts.part import Question, RefusedError, Serving, flag_of
from quartet_emulators.start_error import StartError

log = logging.getLogger(__name__)

S = TypeVar("S", bound=Interruptible)
Counters = Mapping[str, Mapping[tuple[str, str], float]]
"""By name: how often an agent asked for an operation, keyed by (agent, operation); or what it was charged."""


class LocalPart(Generic[S]):
    """An emulator in this process, with its counters, its faults and its outages.

    Args:
        name: such as `event_hubs`.
        server: the emulator.
        serving: what it says of itself once it serves.
        data_dir: of all emulators; this one has a directory in it.
        counters: live counters; read each time.
        faults: those that the emulator injects.
    """

    def __init__(
        self,
        name: str,
        server: S,
        serving: Callable[[], Serving],
        *,
        data_dir: Path,
        counters: Counters,
        faults: Injector,
    ) -> None:
        self.name = name
        self.server = server
        self._serving = serving
        self._data_dir = data_dir / flag_of(name)
        self._counters = counters
        self._faults = faults
        self._outage: asyncio.Task[None] | None = None

    async def start(self) -> Serving:
        """Read the data and listen.

        Raises:
            StartError: the port is taken, or the data cannot be read; names the flag that helps.
        """
        port = self.server.port
        try:
            self._data_dir.mkdir(exist_ok=True)
            await self.server.start()
        except Exception as error:
            raise start_error(flag_of(self.name), port, error) from error
        return self._serving()

    async def ask(self, question: Question, body: Any = None) -> Any:  # noqa: ANN401 -- each question has its own
        """What it answers; see `Question`.

        Raises:
            RefusedError: it cannot do that.
        """
        match question:
            case Question.PING:
                return None
            case Question.COUNTERS:
                return {name: by_agent(counter) for name, counter in self._counters.items()}
            case Question.OUTAGE:
                return self._begin_outage(body)
            case _:
                return about_faults(self._faults, question, body)

    async def stop(self) -> None:
        """End an outage, and stop: a server that is away stays away."""
        if self._outage is not None:
            self._outage.cancel()
            await asyncio.gather(self._outage, return_exceptions=True)
        await self.server.stop()

    def refuse_if_away(self) -> None:
        """Nothing, while the server runs.

        Raises:
            RefusedError: an outage is under way.
        """
        if self._outage is not None:
            raise RefusedError(f"{self.name} is away", status=409)

    def _begin_outage(self, seconds: float) -> None:
        if self._outage is not None:
            raise RefusedError(f"{self.name} is away already", status=409)
        self._outage = asyncio.create_task(self._interrupt(seconds))

    async def _interrupt(self, seconds: float) -> None:
        try:
            await interrupt(self.server, seconds)
        except Exception:  # no task waits for this one: only the log can show it
            log.exception("%s did not restart after its outage", self.name)
        finally:
            self._outage = None


def about_faults(faults: Injector, question: Question, body: Any) -> dict[str, Any]:  # noqa: ANN401 -- a plan, or None
    """Answer a question about the faults of one emulator.

    Raises:
        RefusedError: it is another question.
    """
    report = faults.report()
    match question:
        case Question.FAULTS:
            return report
        case Question.SWITCH_ON:
            faults.replace(body.rules, body.seed)
            return faults.report()
        case Question.SWITCH_OFF:
            faults.replace((), 0)
            return report
        case _:
            raise RefusedError(f"{faults.server} has no answer to {question}")


def by_agent(counter: Mapping[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    """Nest a counter: agent, then operation, in alphabetical order. Sums of charges are rounded to hundredths."""
    nested: dict[str, dict[str, float]] = {}
    for (agent, operation), count in sorted(counter.items()):
        nested.setdefault(agent, {})[operation] = round(count, 2)
    return nested


def start_error(flag: str, port: int, error: Exception) -> StartError:
    """What a person can do about a server that does not start."""
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return StartError(f"port {port} is taken; choose another with --{flag}-port, or 0 for any free one")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StartError(f"the {flag} emulator cannot start: {reason}")
