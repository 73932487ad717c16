"""Keys and tokens: what opens a hub, and what does not."""

import asyncio
import time

import pytest
from azure.eventhub import EventData
from azure.eventhub._pyamqp.utils import generate_sas_token
from azure.eventhub.aio import EventHubProducerClient
from azure.eventhub.exceptions import AuthenticationError, ConnectError, EventHubError
from quartet_emulators.event_hubs import EventHubsEmulator
from quartet_emulators.event_hubs.authorisation import Claims, Grant, check_token, log_in, path_of
from quartet_emulators.event_hubs.errors import AmqpError
from quartet_emulators.event_hubs.performatives import Detach

from tests.emulators.event_hubs.wire import Wire, condition, connected, logged_in

NAME, KEY = "RootManageSharedAccessKey", "SAS_KEY_VALUE"
SAS = "servicebus.windows.net:sastoken"
NOW = 1_700_000_000.0


def token(resource: str = "sb://here:1/saga-events", key: str = KEY, *, name: str = NAME, lives: float = 60) -> str:
    """A token as the Azure SDK makes it."""
    return sdk_token(resource, key, int(NOW + lives), name)


def sdk_token(resource: str, key: str, expires_at: int, name: str = NAME) -> str:
    return str(generate_sas_token(resource, name, key, expires_at))  # type: ignore[no-untyped-call] # the SDK's


async def put_token(wire: Wire, text: str, name: str) -> int:
    """Put a token and return the status."""
    return await wire.ask("$cbs", {"operation": "put-token", "type": SAS, "name": name}, text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (token(key="GUESSED"), "InvalidSignature"),
        (token(name="SomebodyElse"), "InvalidSignature"),
        (token(lives=-1), "ExpiredToken"),
        (token().replace("se=", "se=9"), "InvalidSignature"),
        ("SharedAccessSignature sr=a&sig=b", "MalformedToken"),
        ("SharedAccessSignature sr=a&sig=b&se=soon", "MalformedToken"),
        ("SharedAccessSignature sr=a&sig=b&se=", "MalformedToken"),
        ("Bearer of gifts", "MalformedToken"),
    ],
)
def test_a_bad_token_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AmqpError, match=f"amqp:unauthorized-access: {reason}"):
        check_token(SAS, text, NOW)


def test_a_type_of_token_that_is_not_known_is_refused() -> None:
    with pytest.raises(AmqpError, match="'jwt' are not accepted"):
        check_token("jwt", "ey", NOW)


def test_a_token_opens_its_entity_and_what_is_in_it_until_it_expires() -> None:
    clock = [NOW]
    claims = Claims(lambda: clock[0])
    claims.add(check_token(SAS, token("sb://Here:1/Saga-Events"), NOW))
    claims.require("amqps://here:1/saga-events/Partitions/0")
    with pytest.raises(AmqpError, match="no token was put for 'saga-events-2'"):
        claims.require("amqps://here:1/saga-events-2")
    assert claims.next_expiry() == 60
    clock[0] += 60
    with pytest.raises(AmqpError, match="ExpiredToken"):
        claims.require("saga-events")
    assert claims.next_expiry() is None


def test_the_key_itself_opens_the_namespace() -> None:
    assert log_in(NAME, KEY).covers("any/hub")
    with pytest.raises(AmqpError, match="wrong"):
        log_in(NAME, "GUESSED")


def test_a_grant_ends_at_a_slash() -> None:
    grant = Grant("saga", NOW)
    assert [grant.covers(path) for path in ("saga", "saga/x", "sagas", "")] == [True, True, False, False]
    assert path_of("sb://host:1/Saga/") == path_of("/saga") == "saga"


@pytest.mark.parametrize(
    ("key", "name", "status"),
    [
        (KEY, "sb://here:1/saga-events", 202),
        ("GUESSED", "sb://here:1/saga-events", 401),
        (KEY, "sb://here:1/returns", 401),
        (KEY, "sb://here:1/attic", 404),
    ],
)
async def test_put_token_answers(emulator: EventHubsEmulator, key: str, name: str, status: int) -> None:
    resource = name if status == 404 else "sb://here:1/saga-events"
    text = sdk_token(resource, key, int(time.time()) + 60)
    async with connected(emulator.port) as wire:
        await wire.shake_hands(key=None)
        assert await put_token(wire, text, name) == status
        attach = await wire.attach_sender("saga-events/Partitions/0")
        if status == 202:
            assert attach.target is not None
        else:
            assert attach.target is None
            assert condition((await wire.hear(Detach))[0].error) == "amqp:unauthorized-access"


@pytest.mark.parametrize("writes", [True, False])
async def test_without_a_token_nothing_can_be_read_or_written(emulator: EventHubsEmulator, *, writes: bool) -> None:
    async with connected(emulator.port) as wire:
        await wire.shake_hands(key=None)
        if writes:
            attach = await wire.attach_sender("saga-events")
        else:
            attach = await wire.attach_receiver("saga-events/ConsumerGroups/order/Partitions/0")
        assert (attach.source, attach.target) == (None, None)
        assert condition((await wire.hear(Detach))[0].error) == "amqp:unauthorized-access"


async def test_a_wrong_key_is_refused_by_sasl_plain(emulator: EventHubsEmulator) -> None:
    async with connected(emulator.port) as wire:
        with pytest.raises(asyncio.IncompleteReadError):
            await wire.shake_hands(key=b"\0RootManageSharedAccessKey\0GUESSED")
    async with logged_in(emulator.port) as wire:
        assert (await wire.attach_sender("saga-events")).target is not None


async def test_a_link_is_detached_when_its_token_expires(emulator: EventHubsEmulator) -> None:
    async with connected(emulator.port) as wire:
        await wire.shake_hands(key=None)
        resource = "sb://here:1/saga-events"
        text = sdk_token(resource, KEY, int(time.time()) + 2)
        assert await put_token(wire, text, resource) == 202
        await wire.attach_sender("saga-events")
        detach, _ = await wire.hear(Detach)
        assert condition(detach.error) == "amqp:unauthorized-access"


async def test_the_sdk_hears_what_was_wrong(emulator: EventHubsEmulator) -> None:
    async def fails(connection_string: str, hub: str) -> EventHubError:
        client = EventHubProducerClient.from_connection_string(connection_string, eventhub_name=hub, retry_total=0)
        async with client:
            with pytest.raises(EventHubError) as caught:
                await client.send_event(EventData("x"))
        return caught.value

    wrong_key, missing = await asyncio.gather(
        fails(emulator.connection_string.replace(KEY, "GUESSED"), "saga-events"),
        fails(emulator.connection_string, "attic"),
    )
    assert isinstance(wrong_key, AuthenticationError)
    assert "invalid signature" in str(wrong_key)
    assert isinstance(missing, AuthenticationError | ConnectError)
    assert "'attic' could not be found" in str(missing)
