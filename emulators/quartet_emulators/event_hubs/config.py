"""The namespace's configuration: the same ``Config.json`` as Microsoft's emulator reads.

Limits are those of Microsoft's emulator: 10 event hubs, 32 partitions each, 20 consumer groups each.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

MAX_HUBS = 10
MAX_PARTITIONS = 32
MAX_CONSUMER_GROUPS = 20
DEFAULT_CONSUMER_GROUP = "$Default"

_HUB_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?")
_GROUP_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9])?")


class ConfigError(Exception):
    """The configuration cannot be used; the message is one line that names the file and the field."""


@dataclass(frozen=True, slots=True)
class HubConfig:
    """An event hub; ``$Default`` is among the consumer groups."""

    name: str
    partition_count: int
    consumer_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamespaceConfig:
    """A namespace and its event hubs."""

    name: str
    hubs: tuple[HubConfig, ...]


def load_config(path: Path) -> NamespaceConfig:
    """Read a configuration file.

    Raises:
        ConfigError: the file is missing, is not JSON, or says something that an emulator does not accept.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from error
    root = _Node(path, "", document)
    namespaces = root.child("UserConfig").child("NamespaceConfig").items()
    if len(namespaces) != 1:
        raise (
            root.child("UserConfig").child("NamespaceConfig").error(f"must have one namespace, not {len(namespaces)}")
        )
    return _namespace(namespaces[0])


def read_hub(document: object) -> HubConfig:
    """An event hub as an entry of `Entities` describes it.

    Raises:
        ConfigError: it says something that an emulator does not accept.
    """
    return _hub(_Node(Path("the hub"), "", document))


def _namespace(node: "_Node") -> NamespaceConfig:
    kind = node.child("Type").text()
    if kind != "EventHub":
        raise node.child("Type").error(f"must be EventHub, not {kind!r}")
    entities = node.child("Entities")
    hubs = tuple(_hub(entity) for entity in entities.items(at_least=1, at_most=MAX_HUBS))
    _check_unique(entities, "Name", [hub.name for hub in hubs])
    return NamespaceConfig(node.child("Name").text(), hubs)


def _hub(node: "_Node") -> HubConfig:
    groups = node.optional("ConsumerGroups")
    names = (
        [group.child("Name").text(_GROUP_NAME, DEFAULT_CONSUMER_GROUP) for group in groups.items()] if groups else []
    )
    if groups:
        _check_unique(groups, "Name", names)
    names = [name for name in names if name.lower() != DEFAULT_CONSUMER_GROUP.lower()]
    if groups and len(names) > MAX_CONSUMER_GROUPS:
        raise groups.error(f"may have at most {MAX_CONSUMER_GROUPS} items, not {len(names)}")
    return HubConfig(
        name=node.child("Name").text(_HUB_NAME),
        partition_count=node.child("PartitionCount").integer(1, MAX_PARTITIONS),
        consumer_groups=(DEFAULT_CONSUMER_GROUP, *names),
    )


def _check_unique(node: "_Node", field: str, names: list[str]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name.lower() in seen:
            raise node.error(f"[{index}].{field} {name!r} is listed twice (names ignore case)")
        seen.add(name.lower())


class _Node:
    """A place in the document, which knows its own name for error messages."""

    def __init__(self, path: Path, name: str, value: object) -> None:
        self._path, self._name, self._value = path, name, value

    def error(self, text: str) -> ConfigError:
        """An error at this place."""
        separator = "" if text.startswith("[") else " "
        return ConfigError(f"{self._path}: {self._name or 'the document'}{separator}{text}")

    def child(self, key: str) -> "_Node":
        found = self.optional(key)
        if found is None:
            raise _Node(self._path, f"{self._name}.{key}".lstrip("."), None).error("is missing")
        return found

    def optional(self, key: str) -> "_Node | None":
        if not isinstance(self._value, dict):
            raise self.error("must be an object")
        value = self._value.get(key)
        return None if value is None else _Node(self._path, f"{self._name}.{key}".lstrip("."), value)

    def items(self, at_least: int = 0, at_most: int | None = None) -> "list[_Node]":
        if not isinstance(self._value, list):
            raise self.error("must be a list")
        if len(self._value) < at_least:
            raise self.error(f"must have at least {at_least} item")
        if at_most is not None and len(self._value) > at_most:
            raise self.error(f"may have at most {at_most} items, not {len(self._value)}")
        return [_Node(self._path, f"{self._name}[{index}]", item) for index, item in enumerate(self._value)]

    def text(self, pattern: re.Pattern[str] | None = None, besides: str | None = None) -> str:
        if not isinstance(self._value, str) or not self._value:
            raise self.error("must be a string that is not empty")
        is_besides = besides is not None and self._value.lower() == besides.lower()
        if pattern and not is_besides and not pattern.fullmatch(self._value):
            raise self.error(f"{self._value!r} may only have letters, digits and . _ - between letters and digits")
        return self._value

    def integer(self, low: int, high: int) -> int:
        """A number in the range; Microsoft's emulator also takes it as a string, so do we."""
        value = self._value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(f"must be a number from {low} to {high}, not {self._value!r}")
        return value
