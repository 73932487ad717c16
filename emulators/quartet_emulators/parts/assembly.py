"""The parts and their control endpoint, started and stopped as one."""

import asyncio
import logging
from collections.abc import Mapping

from quartet_emulators.control import ControlEndpoint
from quartet_emulators.control_faults import FaultRoutes
from quartet_emulators.control_hubs import HubRoutes
from quartet_emulators.control_partitions import PartitionRoutes
from quartet_emulators.control_parts import PartRoutes
from quartet_emulators.env_file import to_join
from quartet_emulators.parts.inputs import COSMOS, EVENT_HUBS, Inputs
from quartet_emulators.parts.local import start_error
from quartet_emulators.parts.part import Part, Serving, flag_of

log = logging.getLogger(__name__)

STOP_TIMEOUT = 1.5  # seconds; no acknowledged write depends on a clean stop


class Assembly:
    """All that `python -m quartet_emulators` serves.

    Args:
        inputs: what the command line names.
        parts: by name, wherever they run.
    """

    def __init__(self, inputs: Inputs, parts: Mapping[str, Part]) -> None:
        self._options = inputs.options
        self._hub = inputs.first_hub
        self._parts = parts
        self._serving: dict[str, Serving] = {}
        of_servers = HubRoutes(parts[EVENT_HUBS]), PartitionRoutes(parts[COSMOS])
        routes = PartRoutes(parts), FaultRoutes(parts, inputs.plan), *of_servers
        self.control = ControlEndpoint(
            [route for some in routes for route in some.all()], port=self._options.control_port
        )

    async def start(self) -> None:
        """Start all of them, side by side, or none.

        Raises:
            StartError: a port is taken or data cannot be read; names the flag that helps.
        """
        try:
            found = await asyncio.gather(*(part.start() for part in self._parts.values()), return_exceptions=True)
            self._serving = {name: _served(one) for name, one in zip(self._parts, found, strict=True)}
            await self._start_control()
        except BaseException:
            await self.stop()
            raise

    async def _start_control(self) -> None:
        try:
            await self.control.start()
        except Exception as error:
            raise start_error("control", self._options.control_port, error) from error

    async def stop(self) -> None:
        """Stop all of them; one that does not stop in time is left to the end of its process."""
        stopping = {asyncio.ensure_future(part.stop()): flag_of(name) for name, part in self._parts.items()}
        stopping[asyncio.ensure_future(self.control.stop())] = "control"
        done, late = await asyncio.wait(stopping, timeout=STOP_TIMEOUT)
        for task in late:
            log.warning("%s did not stop within %s s", stopping[task], STOP_TIMEOUT)
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            if error := task.exception():
                log.error("%s did not stop cleanly", stopping[task], exc_info=error)

    @property
    def settings(self) -> dict[str, str]:
        """What a client needs to connect, by the names of the environment variables.

        Where tokens are accepted, these are addresses without keys, as in the cloud.
        """
        settings = {
            **self._options.settings,
            "EVENT_HUB_NAME": self._hub,
            "BLOB_CONTAINER": "checkpoints",
            "EMULATORS_CONTROL_URL": self.control.url,
        }
        for serving in self._serving.values():
            settings |= serving.settings
        return settings

    def describe(self) -> str:
        """What listens where, for people; several lines."""
        path = self._options.settings_path
        lines = {
            **{serving.title: serving.where for serving in self._serving.values()},
            "control": f"{self.control.url}  (/counters, /faults, /health)",
            "data": str(self._options.data_dir),
            "settings": f"{path}  (to join: {to_join(path)})",
        }
        return "".join(f"{name:<11} {text}\n" for name, text in lines.items())


def _served(found: Serving | BaseException) -> Serving:
    if isinstance(found, BaseException):
        raise found
    return found
