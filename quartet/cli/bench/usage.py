"""CPU time and memory of processes, from /proc."""

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quartet.engine.errors import ConfigurationError

_PROC: Final = Path("/proc")
_STATE: Final = 2  # the third field of `stat` is the first after the name
_BUSY: Final = (1, 2, 3, 6, 7, 8)  # user, nice, system, irq, softirq, steal; the others are waiting
_PARENT = 3 - _STATE
_USER, _SYSTEM, _RESIDENT = 13 - _STATE, 14 - _STATE, 23 - _STATE


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of a process, or of several together.

    Attributes:
        cpu: seconds of CPU time, of all its threads, in steps of a clock tick: 10 ms.
        memory: resident bytes, now.
    """

    cpu: float
    memory: int

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu + other.cpu, self.memory + other.memory)


def check_measurable() -> None:
    """Check that this machine has /proc.

    Raises:
        ConfigurationError: it does not.
    """
    if not (_PROC / str(os.getpid()) / "stat").is_file():
        raise ConfigurationError("quartet bench reads the CPU time of processes from /proc, which only Linux has")


def machine_cpu() -> float:
    """Seconds of CPU time that all programs of this machine together have used since it was started."""
    return parse_machine((_PROC / "stat").read_text(encoding="utf-8"))


def parse_machine(text: str) -> float:
    """Read `/proc/stat`: its first line is the sum over all cores."""
    fields = text.splitlines()[0].split()
    return sum(int(fields[number]) for number in _BUSY) / os.sysconf("SC_CLK_TCK")


def usage_with_children(pids: Collection[int]) -> dict[int, Usage]:
    """The use of running processes, each with all processes below it: the emulators have one for each of them.

    Raises:
        OSError: one of them has ended.
    """
    children = _children()

    def family(pid: int) -> Usage:
        return sum((family(child) for child in children.get(pid, ())), usage_of(pid))

    return {pid: family(pid) for pid in pids}


def _children() -> dict[int, list[int]]:
    """The processes of this machine by their parents. One that ends meanwhile is left out."""
    found: dict[int, list[int]] = {}
    for directory in _PROC.iterdir():
        if directory.name.isdecimal():
            with suppress(OSError):
                fields = _fields((directory / "stat").read_text(encoding="utf-8", errors="replace"))
                found.setdefault(int(fields[_PARENT]), []).append(int(directory.name))
    return found


def usage_of(pid: int) -> Usage:
    """The use of a running process.

    Raises:
        OSError: there is no such process.
    """
    return parse_stat((_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace"))


def parse_stat(text: str) -> Usage:
    """Read a line of `/proc/PID/stat`. The name of the program in it may contain anything, also spaces and brackets."""
    fields = _fields(text)
    ticks = int(fields[_USER]) + int(fields[_SYSTEM])
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), int(fields[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE"))


def _fields(text: str) -> list[str]:
    return text[text.rindex(")") + 1 :].split()
