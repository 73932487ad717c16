"""All emulators, each in a process of its own, and their control endpoint in this one."""

import asyncio
from collections.abc import Iterable
from typing import NoReturn

from quartet_emulators.parts.assembly import Assembly
from quartet_emulators.parts.inputs import Inputs
from quartet_emulators.processes.remote import RemotePart
from quartet_emulators.processes.spawning import Spawned


class ProcessStack(Assembly):
    """What `python -m quartet_emulators` serves.

    Args:
        inputs: what the command line names.
        spawned: the processes of the parts.
    """

    def __init__(self, inputs: Inputs, spawned: Iterable[Spawned]) -> None:
        self._remote = {one.name: RemotePart(one, inputs) for one in spawned}
        super().__init__(inputs, self._remote)

    async def until_one_ends(self) -> NoReturn:
        """Wait until a process ends, for whatever reason.

        Raises:
            PartEndedError: when it does.
        """
        await asyncio.gather(*(part.until_it_ends() for part in self._remote.values()))
        raise AssertionError("each of them raises")
