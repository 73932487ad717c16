"""The port of a replay: it answers from a recording, and refuses every call that is not in it."""

from collections.abc import Awaitable
from typing import Any

from quartet.engine.recording.raised import read_error
from quartet.engine.recording.values import UnreadableValueError, UnwritableError, digest, read
from quartet.engine.records.record import Json
from quartet.replay.recording import Step


class NotRecordedError(Exception):
    """A handler has asked what it was not to ask. `Playback` knows what."""


class Playback:
    """One step, played back.

    Attributes:
        differences: what is asked otherwise than then, one line each.
        missing: what is asked that was not recorded, because nothing was; empty if all is well.
        problem: why the recorded answer cannot be given; likewise.
        is_stopped: whether the handler was stopped where it asked something else.
    """

    def __init__(self, step: Step) -> None:
        self.differences: list[str] = []
        self.missing = ""
        self.problem = ""
        self.is_stopped = False
        self._calls = None if step.calls is None else [call for call in step.calls if not call.get("read")]
        self._reads: dict[str, list[Json]] = {}
        for call in step.calls or ():
            if call.get("read"):
                self._reads.setdefault(call["method"], []).append(call)
        self._next = 0
        self._settings = step.settings
        self._touched: dict[str, None] = {}

    def ports(self) -> Any:  # noqa: ANN401 -- the last argument of a handler
        """The last argument of the handler."""
        if self._settings is None or "unwritable" in self._settings:
            return _Answering(self, "")
        try:
            return read(self._settings["answer"])
        except UnreadableValueError as error:
            self._settings = {"unwritable": str(error)}
            return _Answering(self, "")

    def end(self) -> None:
        """Note the calls that were not made again. Call it when the handler has returned."""
        for call in (self._calls or ())[self._next :]:
            self.differences.append(f"called {call['method']}, would no longer call it")

    def explain(self) -> None:
        """Note that a handler has failed because it used what is not known as a value. Call it when one has failed."""
        if not self._touched:
            return
        path = next(iter(self._touched))
        if self._settings is not None:
            self.problem = self._unusable()
        elif self._calls is None:
            self.missing = f"it uses {path} of its port, and that was not recorded"
        else:
            self.differences.append(f"did not use {path} of its port, would now use it")
            self.is_stopped = True

    def touch(self, path: str) -> None:
        """Note that this was looked up, and perhaps is no method."""
        self._touched.pop(path.rpartition(".")[0], None)
        self._touched[path] = None

    def reading(self, path: str) -> Json | None:
        """The recorded reading of an attribute, in the order of those of its name; None if it was not read then."""
        readings = self._reads.get(path)
        if readings is None:
            return None
        return readings.pop(0) if len(readings) > 1 else readings[0]

    def take(self, path: str, args: tuple[object, ...], kwargs: dict[str, object]) -> Json:
        """The recorded call that is made now.

        Raises:
            NotRecordedError: it is another one, or its answer is not known.
        """
        self._touched.pop(path, None)
        if self._settings is not None:
            self.problem = self._unusable()
        elif self._calls is None:
            self.missing = f"it calls {path}, and what that answered was not recorded"
        elif self._next >= len(self._calls):
            self.differences.append(f"did not call {path}, would now call it")
        elif (call := self._calls[self._next])["method"] != path:
            self.differences.append(f"called {call['method']}, would now call {path}")
        elif "unwritable" in call or not {"answer", "error"} & call.keys():
            why = call.get("unwritable", "no answer was recorded")
            self.problem = f"the call of {path} cannot be replayed: {why}"
        else:
            self._next += 1
            self._compare(call, args, kwargs)
            return call
        self.is_stopped = True
        raise NotRecordedError(path)

    def _unusable(self) -> str:
        return f"its settings cannot be replayed: {(self._settings or {}).get('unwritable')}"

    def _compare(self, call: Json, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        try:
            is_same = call["asked"] == digest(args, kwargs)
        except UnwritableError as error:
            self.problem = f"the arguments of {call['method']} cannot be compared: {error}"
            raise NotRecordedError(call["method"]) from error
        if not is_same:
            self.differences.append(f"called {call['method']}, would now call it with other arguments")

    def answer(self, call: Json) -> object:
        """The recorded answer.

        Raises:
            Exception: the recorded error.
            NotRecordedError: neither can be made again.
        """
        if not {"answer", "error"} & call.keys():
            self.problem = f"{call['method']} cannot be replayed: {call.get('unwritable')}"
            raise NotRecordedError(call["method"])
        try:
            if "error" not in call:
                return read(call["answer"])
            error = read_error(call["error"])
        except UnreadableValueError as problem:
            self.problem = f"the answer of {call['method']} cannot be replayed: {problem}"
            raise NotRecordedError(call["method"]) from problem
        raise error


class _Answering:
    """A port, a port in a bundle of ports, or a method of one: that shows when it is called."""

    def __init__(self, playback: Playback, path: str) -> None:
        self._playback = playback
        self._path = path

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the port has
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self._path}.{name}" if self._path else name
        if (reading := self._playback.reading(path)) is not None:
            return self._playback.answer(reading)
        self._playback.touch(path)
        return _Answering(self._playback, path)

    def __bool__(self) -> bool:
        """A port is true. An attribute that was not recorded is used as one only if it was not asked for then."""
        if self._path:
            self._playback.take(self._path, (), {})
        return True

    def __call__(self, *args: object, **kwargs: object) -> object:
        call = self._playback.take(self._path, args, kwargs)
        if call.get("plain"):
            return self._playback.answer(call)
        return _awaited(self._playback, call)


def _awaited(playback: Playback, call: Json) -> Awaitable[object]:
    async def answer() -> object:
        return playback.answer(call)

    return answer()
