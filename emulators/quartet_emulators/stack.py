"""The emulators and their control endpoint, started and stopped as one."""

import asyncio
import errno
import logging
from collections import Counter
from typing import Protocol

from quartet_emulators.blob import BlobEmulator
from quartet_emulators.control import ControlEndpoint
from quartet_emulators.control_faults import FaultRoutes
from quartet_emulators.control_hubs import HubRoutes
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.durable_tasks_option import durable_tasks_of
from quartet_emulators.env_file import to_join
from quartet_emulators.event_hubs import ConfigError, EventHubsEmulator, load_config
from quartet_emulators.faults import FaultsError, Switchboard
from quartet_emulators.faults.outage import Interruptible
from quartet_emulators.faults.reading import read_plan_file
from quartet_emulators.options import Options
from quartet_emulators.security import read_security
from quartet_emulators.start_error import StartError

log = logging.getLogger(__name__)

STOP_TIMEOUT = 1.5  # seconds; no acknowledged write depends on a clean stop


class Server(Protocol):
    """What the stack needs of each part."""

    async def start(self) -> None:
        """Listen; OSError if the port is taken."""

    async def stop(self) -> None:
        """Stop listening; nothing if it does not."""


class Stack:
    """All that `python -m quartet_emulators` runs."""

    def __init__(self, options: Options) -> None:
        """Read the hubs' configuration and the plan of faults; nothing is opened yet.

        Raises:
            StartError: one of them cannot be used.
        """
        self.faults = Switchboard()
        try:
            config = load_config(options.event_hubs_config)
            if options.faults is not None:
                self.faults.switch_on(read_plan_file(options.faults))
            security = read_security(options.tls_certificate, options.tls_key, options.accept_tokens_signed_with)
        except (ConfigError, FaultsError, ValueError) as error:
            raise StartError(str(error)) from error
        except OSError as error:
            raise StartError(f"the certificate or its key cannot be used: {error.strerror or error}") from error
        self._security = security
        self._options = options
        self._hub = config.hubs[0].name
        counters: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in ("event_hubs", "cosmos", "blob")}
        self.durable_tasks = durable_tasks_of(options, counters, self.faults.injectors["durable_tasks"])
        charged: dict[tuple[str, str], float] = {}
        faults = self.faults.injectors
        data, host = options.data_dir, options.host
        self.event_hubs = EventHubsEmulator(
            data / "event-hubs",
            config,
            host=host,
            port=options.event_hubs_port,
            counters=counters["event_hubs"],
            faults=faults["event_hubs"],
            security=security,
        )
        self.cosmos = CosmosEmulator(
            data / "cosmos",
            host=host,
            port=options.cosmos_port,
            counters=counters["cosmos"],
            charged=charged,
            faults=faults["cosmos"],
            security=security,
        )
        self.blob = BlobEmulator(
            data / "blob",
            host=host,
            port=options.blob_port,
            counters=counters["blob"],
            faults=faults["blob"],
            security=security,
        )
        interruptible: dict[str, Interruptible] = {
            "event_hubs": self.event_hubs,
            "cosmos": self.cosmos,
            "blob": self.blob,
        }
        if self.durable_tasks is not None:
            interruptible["durable_tasks"] = self.durable_tasks
        self._routes = FaultRoutes(self.faults, interruptible)
        hubs = HubRoutes(self.event_hubs, lambda: self._routes.is_away("event_hubs"))
        self.control = ControlEndpoint(
            {**counters, "request_units": charged},
            port=options.control_port,
            routes=[*self._routes.all(), *hubs.all()],
        )
        self._parts: dict[str, tuple[Server, int]] = {
            "event-hubs": (self.event_hubs, options.event_hubs_port),
            "cosmos": (self.cosmos, options.cosmos_port),
            "blob": (self.blob, options.blob_port),
            "control": (self.control, options.control_port),
        }
        if self.durable_tasks is not None:
            self._parts["durable-tasks"] = (self.durable_tasks, self.durable_tasks.port)

    async def start(self) -> None:
        """Start all of them, or none.

        Raises:
            StartError: a port is taken or data cannot be read; names the flag that helps.
        """
        for name, (server, port) in self._parts.items():
            try:
                if name != "control":
                    (self._options.data_dir / name).mkdir(exist_ok=True)
                await server.start()
            except Exception as error:
                await self.stop()
                raise _start_error(name, port, error) from error

    async def stop(self) -> None:
        """Stop all of them; one that does not stop in time is left to the end of the process."""
        await self._routes.stop()
        stopping = {asyncio.ensure_future(server.stop()): name for name, (server, _) in self._parts.items()}
        done, late = await asyncio.wait(stopping, timeout=STOP_TIMEOUT)
        for task in late:
            log.warning("%s did not stop within %s s", stopping[task], STOP_TIMEOUT)
            task.cancel()
        for task in done:
            if error := task.exception():
                log.error("%s did not stop cleanly", stopping[task], exc_info=error)

    @property
    def settings(self) -> dict[str, str]:
        """What a client needs to connect, by the names of the environment variables.

        Where tokens are accepted, these are addresses without keys, as in the cloud.
        """
        others = {
            **self._options.settings,
            "EVENT_HUB_NAME": self._hub,
            "BLOB_CONTAINER": "checkpoints",
            "EMULATORS_CONTROL_URL": self.control.url,
        }
        if self.durable_tasks is not None:
            others["DURABLE_TASK_SCHEDULER_CONNECTION_STRING"] = self.durable_tasks.connection_string
        if self._security.tokens is None:
            return others | {
                "EVENT_HUBS_CONNECTION_STRING": self.event_hubs.connection_string,
                "BLOB_CONNECTION_STRING": self.blob.connection_string,
                "COSMOS_CONNECTION_STRING": self.cosmos.connection_string,
            }
        return others | {
            "EVENT_HUBS_NAMESPACE": self.event_hubs.namespace,
            "BLOB_ACCOUNT_URL": self.blob.account_url,
            "COSMOS_ENDPOINT": self.cosmos.endpoint,
        }

    def describe(self) -> str:
        """What listens where, for people; several lines."""
        host, settings, http = self._options.host, self._options.settings_path, self._security.http
        amqp = "amqp" if self._security.tls is None else "amqps"
        scheduler = {} if self.durable_tasks is None else {"Scheduler": f"{self.durable_tasks.endpoint}  any task hub"}
        lines = {
            "Event Hubs": f"{amqp}://{host}:{self.event_hubs.port}  hub {self._hub}",
            "Cosmos DB": f"{http}://{host}:{self.cosmos.port}",
            "Blob": f"{http}://{host}:{self.blob.port}/devstoreaccount1",
            **scheduler,
            "control": f"{self.control.url}  (/counters, /faults, /health)",
            "data": str(self._options.data_dir),
            "settings": f"{settings}  (to join: {to_join(settings)})",
        }
        return "".join(f"{name:<11} {text}\n" for name, text in lines.items())


def _start_error(name: str, port: int, error: Exception) -> StartError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return StartError(f"port {port} is taken; choose another with --{name}-port, or 0 for any free one")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StartError(f"the {name} emulator cannot start: {reason}")
