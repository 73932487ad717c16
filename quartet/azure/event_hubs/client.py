"""Event Hubs as this project uses it: what a connection needs, how answers are sent, how a message looks."""

import asyncio
import os
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from azure.eventhub import EventData, EventDataBatch, TransportType
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.amqp import AmqpMessageBodyType
from azure.eventhub.exceptions import AuthenticationError, EventHubError

from quartet.azure.credentials import Credentials, is_identity_error, refusal
from quartet.azure.event_hubs.amqp_values import Undecoded, json_text, plain, plain_map, scalar
from quartet.azure.sdk_internals import amqp_decoding
from quartet.azure.sdk_internals.calls import RefusedLinkError, open_receiver, open_sender
from quartet.azure.sdk_internals.receiving import receive_immediately
from quartet.azure.settings import Settings
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.failures.timeouts import stretched
from quartet.engine.ports import Message
from quartet.engine.records.record import Json
from quartet.events import CONTENT_TYPE, BodyForm, encode

C = TypeVar("C")

# The SDK's own retries multiply (a failed send with four retries takes half a minute). One is enough: the runtime
# retries for longer.
_RETRIES = 1
_SEND_SECONDS = 15
# A receiver that gets nothing for so long, not even the heartbeat that it has asked for, has a dead connection. By
# default the SDK would wait forever. (Not for senders: they do not read while they have nothing to send.)
_SILENCE_SECONDS = 15


def producer_client(settings: Settings, credentials: Credentials, agent: str) -> EventHubProducerClient:
    """A client that sends to the hub.

    Raises:
        ConfigurationError: the connection string cannot be used.
    """
    return _client(
        settings,
        lambda text: EventHubProducerClient.from_connection_string(
            text,
            eventhub_name=settings.event_hub_name,
            user_agent=agent,
            retry_total=_RETRIES,
            ssl_context=_tls(),
        ),
        lambda namespace: EventHubProducerClient(
            namespace,
            settings.event_hub_name,
            credentials.token(),
            user_agent=agent,
            retry_total=_RETRIES,
            ssl_context=_tls(),
            **_endpoint(namespace),
        ),
    )


def consumer_client(
    settings: Settings,
    credentials: Credentials,
    agent: str,
    group: str,
    **options: Any,  # noqa: ANN401 -- the SDK's
) -> EventHubConsumerClient:
    """A client that receives as `group`, in the way of `Settings.receive`; `options` go to the SDK.

    Raises:
        ConfigurationError: the connection string cannot be used.
    """
    amqp_decoding.install()
    client = _client(
        settings,
        lambda text: EventHubConsumerClient.from_connection_string(
            text,
            group,
            eventhub_name=settings.event_hub_name,
            user_agent=agent,
            idle_timeout=_SILENCE_SECONDS,
            ssl_context=_tls(),
            **options,
        ),
        lambda namespace: EventHubConsumerClient(
            namespace,
            settings.event_hub_name,
            group,
            credentials.token(),
            user_agent=agent,
            idle_timeout=_SILENCE_SECONDS,
            ssl_context=_tls(),
            **_endpoint(namespace),
            **options,
        ),
    )
    if settings.receive == "immediate":
        receive_immediately(client)
    return client


def _client(settings: Settings, by_string: Callable[[str], C], by_namespace: Callable[[str], C]) -> C:
    try:
        if settings.event_hubs_connection_string is not None:
            return by_string(settings.event_hubs_connection_string)
        return by_namespace(str(settings.event_hubs_namespace))
    except (ValueError, KeyError) as error:
        raise ConfigurationError(
            f"EVENT_HUBS_CONNECTION_STRING or EVENT_HUBS_NAMESPACE cannot be used: {error}. It should look like "
            "Endpoint=sb://HOST/;SharedAccessKeyName=…;SharedAccessKey=…  or  NAME.servicebus.windows.net"
        ) from error


def _endpoint(namespace: str) -> dict[str, Any]:
    """What the SDK must be told besides the namespace: over TLS it takes no port from a name (HOST:PORT)."""
    if ":" not in namespace:
        return {}
    return {"custom_endpoint_address": f"sb://{namespace}", "transport_type": TransportType.Amqp}


def _tls() -> ssl.SSLContext:
    """What every connection of a process is verified with.

    Without it the SDK makes one for each connection, also for one without TLS: it reads all certificates each time the
    watchdog asks the hub something. And it trusts the roots of certifi alone, where the clients of the other servers
    do as OpenSSL does.
    """
    return _tls_with(os.environ.get("SSL_CERT_FILE"))


@lru_cache
def _tls_with(certificates: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates)


@contextmanager
def hub_outages() -> Iterator[None]:
    """Turn what the SDK raises when the hub is away into `OutageError`."""
    try:
        yield
    except (EventHubError, OSError, TimeoutError) as error:
        raise OutageError(f"Event Hubs: {_first_line(error)}") from error


async def check_hub(client: EventHubProducerClient | EventHubConsumerClient, settings: Settings) -> list[str]:
    """The hub's partition ids.

    Raises:
        ConfigurationError: the hub does not exist, or the key is wrong; `RightsMissingError` for an identity.
        OutageError: the hub does not answer.
    """
    try:
        with hub_outages():
            return list(await client.get_partition_ids())
    except OutageError as outage:
        cause = outage.__cause__
        if is_identity_error(cause):
            raise ConfigurationError(str(outage)) from cause
        if is_not_found(cause):
            raise ConfigurationError(
                f"the event hub {settings.event_hub_name!r} does not exist in this namespace: check EVENT_HUB_NAME, "
                "or add it to the emulator's Config.json"
            ) from cause
        if isinstance(cause, AuthenticationError):
            raise refusal(
                f"Event Hubs refuses the key or identity: check EVENT_HUBS_CONNECTION_STRING ({_first_line(cause)})",
                settings.event_hubs_connection_string,
            ) from cause
        raise


async def check_group(client: EventHubConsumerClient, group: str, partition: str, settings: Settings) -> None:
    """Open a receiver of `group` once.

    Raises:
        ConfigurationError: the hub has no such consumer group, or does not let a key receive.
        RightsMissingError: it does not let an identity receive.
        OutageError: the hub does not answer.
    """
    try:
        await open_receiver(client, group, partition)
    except Exception as error:  # the SDK's other types for this are private, too
        if is_not_found(error):
            raise ConfigurationError(
                f"the event hub has no consumer group {group!r}: add it, or add it to the emulator's Config.json"
            ) from error
        if "amqp:unauthorized-access" in str(error):
            raise refusal(
                f"Event Hubs does not let us receive as {group!r}: give the identity the role Azure Event Hubs Data "
                f"Receiver, or the key the right to listen ({_first_line(error)})",
                settings.event_hubs_connection_string,
            ) from error
        # A link that is refused for another reason (a replica has the partition, there are too many receivers) shows
        # that the group exists.
        if not isinstance(error, RefusedLinkError):
            raise OutageError(f"Event Hubs: {_first_line(error)}") from error


def is_not_found(error: BaseException | None) -> bool:
    """Whether the namespace says that the hub, or the consumer group, does not exist. The SDK has no type for it."""
    text = str(error).lower()
    return "amqp:not-found" in text or "could not be found" in text


class HubPublisher:
    """A `Publisher`: structured CloudEvents to one partition, as few AMQP sends as their size allows."""

    def __init__(self, client: EventHubProducerClient) -> None:
        self._client = client

    async def open(self, partition: str) -> None:
        """Open the link to a partition before there is anything to send, for that takes half a second and more.

        Raises:
            OutageError: the hub does not answer. The first send will try again.
        """
        with hub_outages():
            async with asyncio.timeout(stretched(_SEND_SECONDS)):
                await open_sender(self._client, partition)

    async def publish(self, partition: str, events: Sequence[Json]) -> None:
        """See `Publisher.publish`."""
        with hub_outages():
            batch = await self._client.create_batch(partition_id=partition)
            for event in events:
                data = EventData(encode(event))
                data.content_type = CONTENT_TYPE
                try:
                    batch.add(data)
                except ValueError:
                    await self._send_batch(batch)
                    batch = await self._client.create_batch(partition_id=partition)
                    batch.add(data)
            await self._send_batch(batch)

    async def _send_batch(self, batch: EventDataBatch) -> None:
        # Without a deadline of our own a half-open connection would hold the partition for minutes. A send that
        # is cut off may have arrived: the repeat has the same ids.
        async with asyncio.timeout(stretched(_SEND_SECONDS)):
            await self._client.send_batch(batch)


def message_of(data: EventData, hub: str = "") -> Message:
    """What the engine needs of an event, free of the SDK. It never raises, whatever the message contains.

    A value body that is one string or binary is as good as a data section. Of any other body that is not data,
    `Message.body` is a rendering for people. Properties have text for keys, and values that JSON has. `hub` is as in
    `Message`.
    """
    body, body_form = _body_of(data)
    content_type = scalar(data.content_type)
    # The SDK promises a map. Anything else that was sent there is kept under an empty name.
    properties: object = data.properties or {}
    named = plain_map(properties if isinstance(properties, dict) else {"": properties})
    return Message(
        body=body,
        content_type=None if content_type is None else str(content_type),
        properties={name: scalar(value) for name, value in named.items()},
        sequence_number=data.sequence_number or 0,
        offset=str(data.offset),
        body_form=body_form,
        hub=hub,
        enqueued_at=_enqueued_at(data),
    )


def _enqueued_at(data: EventData) -> datetime | None:
    try:
        return data.enqueued_time
    except (AttributeError, TypeError, ValueError, OverflowError, OSError):  # not from Event Hubs
        return None


def _body_of(data: EventData) -> tuple[bytes, BodyForm]:
    body = data.body
    if isinstance(body, bytes) and not isinstance(body, Undecoded):
        return body, "data"
    if data.body_type == AmqpMessageBodyType.VALUE:
        return json_text(plain(body)).encode(), "value"
    sections = list(cast(Iterable[object], body))
    if data.body_type == AmqpMessageBodyType.SEQUENCE:
        return json_text(plain(sections)).encode(), "sequence"
    chunks = [section for section in sections if type(section) is bytes]
    if len(chunks) == len(sections):
        return b"".join(chunks), "data"
    # Data sections that hold no bytes are against the rules of AMQP.
    return json_text(plain(sections)).encode(), "value"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
