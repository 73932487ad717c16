"""What the processes say: kept in files, and counted as it goes by."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Final, TextIO

_OUTCOME: Final = re.compile(r'"outcome": "([^"]+)"')
_READY: Final = re.compile(r'"event": "ready"')
_MOST_SAMPLES: Final = 12


class Watch:
    """A sink for the supervisor; called on one thread.

    Attributes:
        outcomes: how often events ended how, by outcome.
        ready: how often each process has said that it receives.
        errors: lines of level error, by what they say.
        samples: the first of each of them.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._files: dict[str, TextIO] = {}
        self.outcomes: Counter[str] = Counter()
        self.ready: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.samples: dict[str, str] = {}
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        """Take a line."""
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = (self._directory / f"{name}.log").open("a", encoding="utf-8", buffering=1)
        file.write(line + "\n")
        if (outcome := _OUTCOME.search(line)) is not None:
            self.outcomes[outcome[1]] += 1
        if _READY.search(line):
            self.ready[name] += 1
            self._loop.call_soon_threadsafe(self._changed.set)
        if '"level": "error"' in line:
            self._note(self.errors, name, line)
        elif '"level": "warning"' in line:
            self._note(self.warnings, name, line)
        elif line.startswith(("Traceback", "ERROR")):
            self.errors[f"{name}: {line[:100]}"] += 1

    async def until_ready(self, names: Collection[str]) -> None:
        """Wait until each of these processes has said at least once that it receives."""
        while not all(self.ready[name] for name in names):
            self._changed.clear()
            await self._changed.wait()

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _note(self, counter: Counter[str], name: str, line: str) -> None:
        try:
            event = str(json.loads(line).get("event"))
        except ValueError:
            event = line
        key = f"{name.split('-', maxsplit=1)[0]}: {event.splitlines()[0][:100]}"
        counter[key] += 1
        if counter is self.errors and len(self.samples) < _MOST_SAMPLES:
            self.samples.setdefault(key, line[:2_000])
