"""What happened, line by line, for a person who wants to know why."""

import asyncio


class Trace:
    """Collects lines if `keep` is set: a person is going to read them."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self.lines: list[str] = []

    def __call__(self, who: str, what: str) -> None:
        """Note that `who` did `what`, now."""
        if self.keep:
            self.lines.append(f"{asyncio.get_running_loop().time():11.3f}  {who:<12} {what}")


class Log:
    """The logger that the services get. It writes to the trace, or nowhere if the trace keeps nothing."""

    def __init__(self, who: str, trace: Trace, **bound: object) -> None:
        self._who = who
        self._trace = trace
        self._bound = bound
        self._broken_until = 0.0

    def bind(self, **fields: object) -> "Log":
        """See `FilteringBoundLogger.bind`."""
        return Log(self._who, self._trace, **self._bound, **fields)

    def break_for(self, seconds: float) -> None:
        """Refuse every line for some `seconds`: the call raises `OSError`."""
        self._broken_until = asyncio.get_running_loop().time() + seconds

    def _check(self) -> None:
        if self._broken_until and asyncio.get_running_loop().time() < self._broken_until:
            raise OSError(28, "no space left on device")

    def info(self, event: str, **fields: object) -> None:
        """See `FilteringBoundLogger.info`."""
        self._check()
        if self._trace.keep:
            self._say("", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """See `FilteringBoundLogger.warning`."""
        self._check()
        if self._trace.keep:
            self._say("warning: ", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """See `FilteringBoundLogger.error`."""
        self._check()
        if self._trace.keep:
            self._say("ERROR: ", event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """See `FilteringBoundLogger.exception`."""
        self._check()
        if self._trace.keep:
            self._say("EXCEPTION: ", event, fields)

    def _say(self, level: str, event: str, fields: dict[str, object]) -> None:
        shown = (f"{name}={value}" for name, value in {**self._bound, **fields}.items() if name not in _TOO_MUCH)
        self._trace(self._who, f"{level}{event} {' '.join(shown)}")


_TOO_MUCH = frozenset({"ms", "correlation"})
