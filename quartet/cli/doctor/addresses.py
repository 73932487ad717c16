"""Where the servers are, and what opens them, by the settings alone."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from quartet.azure.settings import Settings

_AMQP, _AMQPS = 5672, 5671
_PORTS: Final = {"http": 80, "https": 443}
_BLOB_HOST: Final = "{account}.blob.{suffix}"


@dataclass(frozen=True, slots=True)
class Address:
    """A server as the settings name it.

    Attributes:
        url: an address that it refuses without credentials. The answer has a date; Event Hubs sends none: empty.
        key: the name of the key that the settings have; None if the identity is used.
    """

    host: str
    port: int
    url: str = ""
    key: str | None = None


def event_hubs_address(settings: Settings) -> Address:
    """The namespace.

    Raises:
        ValueError: the settings name none.
    """
    if settings.event_hubs_connection_string is None:
        parts = urlsplit(f"//{settings.event_hubs_namespace}")
        return Address(_host(parts.hostname), parts.port or _AMQPS)
    words = _words(settings.event_hubs_connection_string)
    parts = urlsplit(words.get("endpoint", ""))
    is_plain = words.get("usedevelopmentemulator") == "true"
    port = (parts.port or _AMQP) if is_plain else _AMQPS
    return Address(_host(parts.hostname), port, key=words.get("sharedaccesskeyname", "?"))


def cosmos_address(settings: Settings) -> Address:
    """The account.

    Raises:
        ValueError: the settings name none.
    """
    if settings.cosmos_connection_string is None:
        return _web_address(str(settings.cosmos_endpoint), None)
    return _web_address(_words(settings.cosmos_connection_string).get("accountendpoint", ""), "the account key")


def blob_address(settings: Settings) -> Address:
    """The storage account.

    Raises:
        ValueError: the settings name none.
    """
    if settings.blob_connection_string is None:
        return _web_address(str(settings.blob_account_url), None, settings.blob_container)
    words = _words(settings.blob_connection_string)
    account = words.get("accountname", "?")
    suffix = words.get("endpointsuffix", "core.windows.net")
    url = words.get("blobendpoint") or f"https://{_BLOB_HOST.format(account=account, suffix=suffix)}"
    return _web_address(url, f"the key of the account {account}", settings.blob_container)


def _web_address(url: str, key: str | None, path: str = "") -> Address:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError(f"{url!r} is not an address: it should begin with https://")
    return Address(_host(parts.hostname), parts.port or _PORTS[parts.scheme], f"{url.rstrip('/')}/{path}", key)


def _host(name: str | None) -> str:
    if not name:
        raise ValueError("no host is named")
    return name


def _words(connection_string: str) -> dict[str, str]:
    """The parts of a connection string by lower-case name. The values of keys end in `=` themselves."""
    pairs = (part.partition("=") for part in connection_string.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
