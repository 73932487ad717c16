"""Event hubs, their consumer groups, and the limits on readers of a partition."""

from typing import Protocol

from quartet_emulators.disk import transaction
from quartet_emulators.event_hubs.config import ConfigError, HubConfig, NamespaceConfig
from quartet_emulators.event_hubs.errors import LINK_STOLEN, NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, AmqpError
from quartet_emulators.event_hubs.log import EventLog
from quartet_emulators.event_hubs.partition import Partition
from quartet_emulators.event_hubs.partition_key import partition_of

MAX_RECEIVERS = 5
"""Receivers without an epoch that may read a partition in one consumer group, as in the real service."""


class Receiver(Protocol):
    """A link that reads a partition."""

    @property
    def epoch(self) -> int | None:
        """The owner level that the client asked for."""

    def displace(self, error: AmqpError) -> None:
        """Detach the link: another receiver has taken the partition."""


class Readers:
    """The receivers of one partition in one consumer group.

    Attributes:
        group: the consumer group's name, in lower case.
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self._receivers: list[Receiver] = []

    def admit(self, receiver: Receiver) -> None:
        """Let a receiver in; one with an epoch displaces all with a lower or equal epoch, or none.

        Raises:
            AmqpError: there is a receiver with a higher epoch, or too many without one.
        """
        owner = max((other.epoch for other in self._receivers if other.epoch is not None), default=None)
        if receiver.epoch is None:
            self._check_free(owner)
        else:
            self._take(receiver.epoch, owner)
        self._receivers.append(receiver)

    def leave(self, receiver: Receiver) -> None:
        """Remove a receiver that has disconnected."""
        if receiver in self._receivers:
            self._receivers.remove(receiver)

    def _check_free(self, owner: int | None) -> None:
        if owner is not None:
            raise AmqpError(
                LINK_STOLEN,
                f"At least one receiver for the endpoint is created with epoch of '{owner}', and so non-epoch"
                " receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch"
                " receivers are closed or disconnected.",
            )
        if len(self._receivers) >= MAX_RECEIVERS:
            raise AmqpError(
                RESOURCE_LIMIT_EXCEEDED,
                "Exceeded the maximum number of allowed receivers per partition in a consumer group which is"
                f" {MAX_RECEIVERS}.",
            )

    def _take(self, epoch: int, owner: int | None) -> None:
        if owner is not None and owner > epoch:
            raise AmqpError(
                LINK_STOLEN,
                f"A receiver with a higher epoch '{owner}' already exists. A receiver with epoch {epoch}"
                " cannot be created. Make sure you are creating receiver with increasing epoch value to"
                " ensure connectivity, or ensure all old epoch receivers are closed or disconnected.",
            )
        displaced, self._receivers = self._receivers, []
        for other in displaced:
            other.displace(
                AmqpError(
                    LINK_STOLEN,
                    f"New receiver with higher epoch of '{epoch}' is created hence current receiver with"
                    f" epoch '{other.epoch}' is getting disconnected.",
                )
            )


class Hub:
    """One event hub with its partitions and consumer groups.

    Raises:
        ConfigError: the data directory has more partitions than the configuration.
    """

    def __init__(self, config: HubConfig, log: EventLog) -> None:
        key = config.name.lower()
        existing = log.partition_count(key)
        if existing > config.partition_count:
            raise ConfigError(
                f"PartitionCount of {config.name!r} is {config.partition_count}, but the data directory has"
                f" {existing} partitions already; it can be raised, never lowered"
            )
        self.name = config.name
        self.partitions = [log.open_partition(key, index) for index in range(config.partition_count)]
        self.created_at = log.created_at(key)
        self._readers = {
            (group.lower(), partition.index): Readers(group.lower())
            for group in config.consumer_groups
            for partition in self.partitions
        }
        self._groups = {group.lower() for group in config.consumer_groups}
        self._turn = 0

    def partition(self, partition_id: str) -> Partition:
        """The partition with this id.

        Raises:
            AmqpError: there is none.
        """
        if partition_id.isascii() and partition_id.isdigit() and int(partition_id) < len(self.partitions):
            return self.partitions[int(partition_id)]
        raise AmqpError(NOT_FOUND, f"The messaging entity '{self.name}/Partitions/{partition_id}' could not be found.")

    def readers(self, group: str, partition: Partition) -> Readers:
        """The receivers of a partition in a consumer group, whose name ignores case.

        Raises:
            AmqpError: there is no such group.
        """
        if group.lower() not in self._groups:
            raise AmqpError(NOT_FOUND, f"The messaging entity '{self.name}/ConsumerGroups/{group}' could not be found.")
        return self._readers[group.lower(), partition.index]

    def choose_partition(self, partition_key: str | None) -> Partition:
        """The partition of a key, or the next one in turn without a key."""
        if partition_key is not None:
            return self.partitions[partition_of(partition_key, len(self.partitions))]
        self._turn = (self._turn + 1) % len(self.partitions)
        return self.partitions[self._turn]


class Hubs:
    """The event hubs of a namespace, by name; names ignore case."""

    def __init__(self, config: NamespaceConfig, log: EventLog) -> None:
        self.log = log
        self._hubs = {hub.name.lower(): Hub(hub, log) for hub in config.hubs}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._hubs

    def add(self, config: HubConfig) -> None:
        """Create a hub.

        Raises:
            ConfigError: the data directory has more partitions of it than the configuration.
            sqlite3.Error: it was not created, nor any of its partitions.
        """
        with transaction(self.log.database):
            hub = Hub(config, self.log)
        self._hubs[config.name.lower()] = hub

    def __getitem__(self, name: str) -> Hub:
        """The hub with this name.

        Raises:
            AmqpError: there is none.
        """
        try:
            return self._hubs[name.lower()]
        except KeyError:
            raise AmqpError(NOT_FOUND, f"The messaging entity '{name}' could not be found.") from None
