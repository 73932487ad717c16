"""What a client sees under Session consistency: its own writes at once, those of others at times later."""

from collections import defaultdict
from collections.abc import Callable

from quartet_emulators.cosmos.container import Container, Item

from tests.simulation.process import Process

Version = tuple[int, float, Item]


class Views:
    """Remembers every version of every item, and shows each process those that it may see.

    While a process lags, it sees nothing that others have written since it fell behind. It never goes back behind what
    it has written or seen before: that is its session. Its conditional writes are judged by what is there.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._behind: dict[str, tuple[float, float]] = {}
        self._versions: dict[int, list[Version]] = defaultdict(list)
        self._seen: dict[int, int] = defaultdict(int)

    def fall_behind(self, name: str, seconds: float) -> None:
        """From now on the process lags, for so many seconds."""
        now = self._clock()
        self._behind[name] = now, now + seconds

    def changed(self, container: Container) -> None:
        """Something was written into a container."""
        now = self._clock()
        after, self._seen[container.key] = self._seen[container.key], container.lsn
        for item in container.changes(after, now):
            self._versions[container.key].append((item.lsn, now, item))

    def wrote(self, process: Process, container: Container) -> None:
        """The process has written into a container, and sees all that is there."""
        process.session[self._path(container)] = container.lsn

    def seen_by(self, process: Process, container: Container) -> Container:
        """The container, as far as the process sees it."""
        since, until = self._behind.get(process.name, (0.0, 0.0))
        if self._clock() >= until:
            process.session[self._path(container)] = container.lsn
            return container
        versions = self._versions[container.key]
        then = max((lsn for lsn, at, _ in versions if at <= since), default=0)
        lsn = max(then, process.session.get(self._path(container), 0))
        process.session[self._path(container)] = lsn
        return container if lsn >= container.lsn else _at(container, [item for of, _, item in versions if of <= lsn])

    @staticmethod
    def _path(container: Container) -> str:
        return f"{container.database}/{container.name}"


def _at(container: Container, versions: list[Item]) -> Container:
    """The container as it was with these versions of its items. Nothing is ever deleted by a service."""
    view = Container(container.key, container.rid, container.database, container.properties)
    newest = {(item.partition, item.id): item for item in versions}
    for item in sorted(newest.values(), key=lambda item: item.number):
        view.partitions.setdefault(item.partition, {})[item.id] = item
        view.by_number[item.number] = item
    return view
