"""What a client sees under Session consistency: its own writes immediately, those of others at times later."""

from collections import defaultdict
from collections.abc import Callable

from quartet.testing.cluster.machine.process import Process


class Views:
    """Knows when each version of each container was written, and which version each process sees.

    While a process lags, it sees nothing that others have written since it fell behind. It never goes back behind what
    it has written or seen before: that is its session. Its conditional writes are judged by what is stored.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._behind: dict[str, tuple[float, float]] = {}
        self._versions: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def fall_behind(self, name: str, seconds: float) -> None:
        """Let the process lag for some `seconds`, from now on."""
        now = self._clock()
        self._behind[name] = now, now + seconds

    def changed(self, path: str, version: int) -> None:
        """A container has a new version."""
        self._versions[path].append((version, self._clock()))

    def wrote(self, process: Process, path: str, version: int) -> None:
        """The process has written into a container, and sees all that is there."""
        process.session[path] = version

    def seen_by(self, process: Process, path: str, version: int) -> int:
        """Which version of the container the process sees; `version` is the last one."""
        since, until = self._behind.get(process.name, (0.0, 0.0))
        if self._clock() >= until:
            process.session[path] = version
            return version
        then = max((one for one, at in self._versions[path] if at <= since), default=0)
        seen = max(then, process.session.get(path, 0))
        process.session[path] = seen
        return seen
