"""A tape: the calls that a handler makes about one event, with the answers of its port."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any, Final, TypeVar

from quartet.engine.errors import Kind, classify
from quartet.engine.failures.time_limit import is_port
from quartet.engine.recording.raised import written_error
from quartet.engine.recording.values import UnwritableError, digest, written
from quartet.engine.records.record import Json

R = TypeVar("R")

_WAITED_OUT: Final = frozenset({Kind.OUTAGE, Kind.CONFIGURATION})


class Tape:
    """What one handler asked about one event, and was told.

    Each call is an object: `method`; `asked`, a digest of the arguments; and one of `answer`, `error` and `unwritable`,
    which says why the answer could not be recorded. `plain` marks an answer that was not awaited, `read` an attribute.

    Attributes:
        calls: in the order in which they began, over all attempts.
        attempts: how many attempts there were to be, if one of them failed.
    """

    def __init__(self, settings: Json | None = None) -> None:
        """`settings`: the participant's port as `written`, if it is plain data or None."""
        self.calls: list[Json] = []
        self.attempts: int | None = None
        self._settings = settings

    async def attempt(self, handling: Callable[[], Awaitable[R]]) -> R:
        """Run a handler once. What it asked is forgotten if a server was away: the runtime waits, and asks again."""
        mark = len(self.calls)
        try:
            return await handling()
        except Exception as error:
            if classify(error) in _WAITED_OUT:
                del self.calls[mark:]
            raise

    def begin(self, method: str, args: tuple[object, ...], kwargs: dict[str, object]) -> Json:
        """Note a call whose answer is not known yet."""
        call: Json = {"method": method}
        try:
            call["asked"] = digest(args, kwargs)
        except UnwritableError as error:
            call["unwritable"] = f"an argument: {error}"
        self.calls.append(call)
        return call

    def run(self, event: str, outcome: str, said: Sequence[int] = (), reason: str = "") -> Json:
        """All that is recorded of one handling.

        Args:
            event: the key of the event.
            outcome: `decided`, `owed`, `ignored`, `rejected` or `failed`.
            said: the answers to it that were said, by their places among those that are recorded.
            reason: the reason of a dead letter.
        """
        return {
            "event": event,
            "outcome": outcome,
            **({"reason": reason} if reason else {}),
            **({"said": list(said)} if said else {}),
            "calls": self.calls,
            **({"attempts": self.attempts} if self.attempts is not None else {}),
            **({"settings": self._settings} if self._settings is not None else {}),
        }


class Tapes:
    """Tapes for a participant, a new one for every event."""

    def __init__(self, ports: object) -> None:
        """`ports`: the last argument of the handlers."""
        self._ports = ports
        self._is_port = is_port(ports)
        self._settings = None if self._is_port else _settings(ports)

    def new(self) -> tuple[Tape, Any]:
        """A tape, and the ports that write on it. Plain data cannot be asked: its value stands on each tape."""
        tape = Tape(self._settings)
        return tape, _Taped(self._ports, tape) if self._is_port else self._ports


class _Taped:
    def __init__(self, port: object, tape: Tape, prefix: str = "") -> None:
        self._port = port
        self._tape = tape
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the port has
        value, path = getattr(self._port, name), f"{self._prefix}{name}"
        if not callable(value):
            if is_port(value):
                return _Taped(value, self._tape, f"{path}.")
            _answer(self._tape.begin(path, (), {}), value, read=True)
            return value

        def call(*args: object, **kwargs: object) -> object:
            return self._call(self._tape.begin(path, args, kwargs), lambda: value(*args, **kwargs))

        return call

    def _call(self, noted: Json, call: Callable[[], object]) -> object:
        try:
            result = call()
        except Exception as error:
            _fail(noted, error, plain=True)
            raise
        if isawaitable(result):
            return self._wait(noted, result)
        _answer(noted, result, plain=True)
        return result

    # A coroutine function: the engine recognises a port by it.
    async def _wait(self, noted: Json, answer: Awaitable[R]) -> R:
        try:
            result = await answer
        except Exception as error:
            _fail(noted, error)
            raise
        _answer(noted, result)
        return result


def _answer(noted: Json, value: object, **marks: bool) -> None:
    noted.update(marks)
    try:
        noted["answer"] = written(value)
    except UnwritableError as error:
        noted["unwritable"] = str(error)


def _fail(noted: Json, error: Exception, **marks: bool) -> None:
    noted.update(marks)
    try:
        noted["error"] = written_error(error)
    except UnwritableError as problem:
        noted["unwritable"] = str(problem)


def _settings(ports: object) -> Json:
    try:
        return {"answer": written(ports)}
    except UnwritableError as error:
        return {"unwritable": str(error)}
