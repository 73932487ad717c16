"""The emulator as a whole: a TCP server, the hubs and their database."""

import asyncio
import logging
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

from quartet_emulators.event_hubs.authorisation import EMULATOR_KEY, EMULATOR_KEY_NAME
from quartet_emulators.event_hubs.broker import IDLE_TIMEOUT, Broker
from quartet_emulators.event_hubs.config import ConfigError, HubConfig, NamespaceConfig
from quartet_emulators.event_hubs.connection import Connection
from quartet_emulators.event_hubs.errors import CONNECTION_FORCED, AmqpError
from quartet_emulators.event_hubs.hub import Hubs
from quartet_emulators.event_hubs.log import EventLog
from quartet_emulators.faults import NO_FAULTS, Injector
from quartet_emulators.security import OPEN, Security

DATABASE = "event-hubs.sqlite"
_GOODBYE_SECONDS = 1.0
_ANY_HOST = {"0.0.0.0": "localhost", "::": "localhost", "": "localhost"}  # noqa: S104 - a lookup, not a binding
_LOGGER = logging.getLogger(__name__)


class EventHubsEmulator:
    """An Event Hubs namespace on this machine.

    Args:
        data_dir: where the events are kept; made if it is missing. One emulator at a time.
        config: the hubs, with their partitions and consumer groups.
        host: the address to listen on; loopback by default.
        port: the port to listen on; 0 takes any free one.
        counters: what clients did, by (agent, operation); see ``Broker.counters``.
        faults: those to inject.
        security: how it is entered.

    Attributes:
        connections: the clients that are connected now.
        idle_timeout: seconds of silence after which a client is disconnected; to be set before the start.
    """

    def __init__(
        self,
        data_dir: Path,
        config: NamespaceConfig,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        counters: Counter[tuple[str, str]] | None = None,
        faults: Injector = NO_FAULTS,
        security: Security = OPEN,
    ) -> None:
        self.counters: Counter[tuple[str, str]] = Counter() if counters is None else counters
        self.connections: set[Connection] = set()
        self.idle_timeout = IDLE_TIMEOUT
        self.host = host
        self._faults = faults
        self._security = security
        self._data_dir = data_dir
        self._config = config
        self._port = port
        self._server: asyncio.Server | None = None
        self._log: EventLog | None = None
        self._hubs: Hubs | None = None
        self._broker: Broker | None = None

    @property
    def port(self) -> int:
        """The port, the real one once the emulator was started."""
        return self._port

    @property
    def hubs(self) -> Hubs:
        """The event hubs of the emulator, which must have been started."""
        if self._hubs is None:
            raise RuntimeError("the emulator has not been started")
        return self._hubs

    @property
    def connection_string(self) -> str:
        """What clients connect with; the hub's name is given to them apart."""
        plain = "UseDevelopmentEmulator=true;" if self._security.tls is None else ""
        return (
            f"Endpoint=sb://{self.namespace};SharedAccessKeyName={EMULATOR_KEY_NAME};"
            f"SharedAccessKey={EMULATOR_KEY};{plain}"
        )

    @property
    def namespace(self) -> str:
        """Host and port, in the place of the namespace's name."""
        host = _ANY_HOST.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"{host}:{self.port}"

    async def start(self) -> None:
        """Open the data directory and listen.

        Raises:
            OSError: the port is taken, or the data directory cannot be used.
            ConfigError: the data directory has more partitions than the configuration.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        try:
            self._log = EventLog(self._data_dir / DATABASE, loop)
        except sqlite3.Error as error:
            hint = "; is another emulator using it?" if "locked" in str(error) else ""
            raise OSError(f"{self._data_dir / DATABASE}: {error}{hint}") from error
        try:
            self._hubs = Hubs(self._config, self._log)
            broker = Broker(
                self._hubs, self._log, self.counters, self.idle_timeout, self._faults, tokens=self._security.tokens
            )
            self._server = await loop.create_server(
                lambda: Connection(broker, self.connections), self.host, self._port, ssl=self._security.tls
            )
        except (OSError, ConfigError):
            self._log.close()
            raise
        except sqlite3.Error as error:
            self._log.close()
            raise OSError(f"{self._data_dir / DATABASE}: {error}") from error
        self._broker = broker
        self._port = int(self._server.sockets[0].getsockname()[1])
        _LOGGER.info("listening on %s:%d", self.host, self.port)

    def recreate_hubs(self) -> None:
        """Delete all hubs and recreate them, empty: sequence numbers and offsets begin at 0 again.

        Every client is disconnected, as it is when a hub is deleted. Checkpoints are not the hub's, and stay.

        Raises:
            RuntimeError: the emulator is not running.
            sqlite3.Error: the disk took nothing. The hubs are as they were, and the clients are still connected.
        """
        if self._server is None or self._log is None or self._broker is None:
            raise RuntimeError("the emulator is not running")
        with self._log.cleared():
            hubs = Hubs(self._config, self._log)
        self.drop_connections()
        self._hubs = self._broker.hubs = hubs

    def add_hub(self, config: HubConfig) -> None:
        """Create one more hub. It is there until the process ends; it is no part of the configuration file.

        Raises:
            ConfigError: there is one of this name.
            RuntimeError: the emulator is not running.
            sqlite3.Error: the disk took nothing, and there is no such hub.
        """
        if config.name in self.hubs:
            raise ConfigError(f"there is an event hub {config.name!r} already")
        self.hubs.add(config)
        self._config = replace(self._config, hubs=(*self._config.hubs, config))

    def drop_connections(self) -> None:
        """Drop every connection without a close frame, as a failing network would."""
        for connection in list(self.connections):
            connection.abort()

    async def stop(self) -> None:
        """Close all connections, write what waits to be written, and close the database."""
        if self._server is None or self._log is None:
            return
        self._server.close()
        for connection in list(self.connections):
            connection.close(AmqpError(CONNECTION_FORCED, "the emulator is stopping"))
        gone = [connection.gone for connection in self.connections]
        if gone:
            await asyncio.wait(gone, timeout=_GOODBYE_SECONDS)
        self.drop_connections()
        await self._server.wait_closed()
        self._log.close()
        self._server = None
