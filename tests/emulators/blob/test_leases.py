"""Leases on blobs and containers, as the public client asks for them."""

import time
import uuid
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, ContainerClient
from quartet_emulators.blob import BlobEmulator

from tests.emulators.blob.test_storage_sdk import content_of, refusal

MINE, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


class Clock:
    """The real time, which the client signs with, and what the test adds: less than the 15 minutes that are allowed."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def shop(tmp_path: Path, clock: Clock) -> AsyncIterator[ContainerClient]:
    emulator = BlobEmulator(tmp_path, clock=clock)
    await emulator.start()
    async with ContainerClient.from_connection_string(emulator.connection_string, "shop", retry_total=0) as client:
        await client.create_container()
        yield client
    await emulator.stop()


@pytest.fixture
async def tea(shop: ContainerClient) -> BlobClient:
    return await shop.upload_blob("tea", b"green")


async def refused(attempt: Awaitable[object]) -> tuple[int | None, str]:
    with pytest.raises(HttpResponseError) as found:
        await attempt
    return refusal(found.value)


async def state_of(client: BlobClient | ContainerClient) -> tuple[str, str, str | None]:
    properties = await (
        client.get_blob_properties() if isinstance(client, BlobClient) else client.get_container_properties()
    )
    return properties.lease.status, properties.lease.state, properties.lease.duration


async def test_a_leased_blob_is_written_by_the_one_that_has_the_lease(shop: ContainerClient, tea: BlobClient) -> None:
    etag = (await tea.get_blob_properties()).etag
    lease = await tea.acquire_lease(15, lease_id=MINE)
    assert (lease.id, lease.etag) == (MINE, etag)
    assert await state_of(tea) == ("locked", "leased", "fixed")
    missing, another = (412, "LeaseIdMissing"), (412, "LeaseIdMismatchWithBlobOperation")
    for id_, expected in ((None, missing), (OTHER, another)):
        named: dict[str, Any] = {} if id_ is None else {"lease": id_}
        assert await refused(tea.upload_blob(b"black", overwrite=True, **named)) == expected
        assert await refused(tea.set_blob_metadata({"by": "bob"}, **named)) == expected
        assert await refused(tea.set_http_headers(**named)) == expected
        assert await refused(tea.stage_block("b1", b"black", **named)) == expected
        assert await refused(tea.commit_block_list([], **named)) == expected
        assert await refused(tea.delete_blob(**named)) == expected
    assert await refused(tea.download_blob(lease=OTHER)) == another
    assert await content_of(tea) == b"green"  # a reader needs no lease
    await tea.upload_blob(b"black", overwrite=True, lease=lease)
    await tea.upload_blob(b"white", lease=lease)  # the one that has the lease needs no overwrite
    assert await content_of(tea) == b"white"
    assert await state_of(tea) == ("locked", "leased", "fixed")
    await tea.delete_blob(lease=MINE)
    assert [name async for name in shop.list_blob_names()] == []


async def test_a_lease_without_a_lease_is_refused(shop: ContainerClient, tea: BlobClient) -> None:
    nothing = (412, "LeaseNotPresentWithBlobOperation")
    assert await refused(tea.set_blob_metadata({}, lease=MINE)) == nothing
    assert await refused(shop.upload_blob("coffee", b"", lease=MINE)) == nothing


async def test_one_of_two_acquires_the_lease(tea: BlobClient) -> None:
    await tea.acquire_lease(-1, lease_id=MINE)
    assert await state_of(tea) == ("locked", "leased", "infinite")
    assert await refused(tea.acquire_lease(15, lease_id=OTHER)) == (409, "LeaseAlreadyPresent")
    assert (await tea.acquire_lease(15, lease_id=MINE)).id == MINE  # a repetition of the one that has it
    assert await state_of(tea) == ("locked", "leased", "fixed")


async def test_a_lease_expires_unless_it_is_renewed(tea: BlobClient, clock: Clock) -> None:
    lease = await tea.acquire_lease(15, lease_id=MINE)
    clock.ahead += 10
    await lease.renew()
    clock.ahead += 10
    assert await state_of(tea) == ("locked", "leased", "fixed")
    clock.ahead += 10
    assert await state_of(tea) == ("unlocked", "expired", None)
    assert await refused(tea.set_blob_metadata({}, lease=MINE)) == (412, "LeaseLost")
    await lease.renew()  # no other has it, and the blob is as it was
    clock.ahead += 16
    await tea.set_blob_metadata({"by": "bob"})
    assert await refused(lease.renew()) == (409, "LeaseIdMismatchWithLeaseOperation")
    await tea.acquire_lease(15, lease_id=OTHER)


async def test_a_lease_is_released_and_passed_on(tea: BlobClient) -> None:
    lease = await tea.acquire_lease(15, lease_id=MINE)
    await lease.change(OTHER)
    assert lease.id == OTHER
    assert await refused(tea.set_blob_metadata({}, lease=MINE)) == (412, "LeaseIdMismatchWithBlobOperation")
    await lease.release()
    assert await state_of(tea) == ("unlocked", "available", None)
    again = BlobLeaseClient(tea, OTHER)
    assert await refused(again.release()) == (409, "LeaseIdMismatchWithLeaseOperation")
    assert await refused(again.change(MINE)) == (409, "LeaseNotPresentWithLeaseOperation")


async def test_a_lease_that_is_broken_ends_after_its_period(tea: BlobClient, clock: Clock) -> None:
    lease = await tea.acquire_lease(-1, lease_id=MINE)
    assert await lease.break_lease(20) == 20
    assert await state_of(tea) == ("locked", "breaking", None)
    assert await refused(lease.renew()) == (409, "LeaseIsBrokenAndCannotBeRenewed")
    assert await refused(lease.change(OTHER)) == (409, "LeaseIsBreakingAndCannotBeChanged")
    assert await refused(tea.acquire_lease(15, lease_id=MINE)) == (409, "LeaseIsBreakingAndCannotBeAcquired")
    assert await refused(tea.acquire_lease(15, lease_id=OTHER)) == (409, "LeaseAlreadyPresent")
    clock.ahead += 21
    assert await state_of(tea) == ("unlocked", "broken", None)
    await tea.acquire_lease(15, lease_id=OTHER)


async def test_a_break_without_a_period_waits_for_the_end_of_the_lease(tea: BlobClient, clock: Clock) -> None:
    lease = await tea.acquire_lease(60, lease_id=MINE)
    clock.ahead += 30
    assert await lease.break_lease(60) in (30, 31)  # never longer than the lease itself; the clock also runs
    assert await lease.break_lease(0) == 0
    infinite = await tea.acquire_lease(-1, lease_id=OTHER)
    assert await infinite.break_lease() == 0
    await tea.acquire_lease(15)


@pytest.mark.parametrize("seconds", [0, 14, 61, -2])
async def test_a_duration_is_15_to_60_seconds_or_infinite(tea: BlobClient, seconds: int) -> None:
    assert await refused(tea.acquire_lease(seconds)) == (400, "InvalidHeaderValue")


async def test_a_leased_container_is_deleted_by_the_one_that_has_the_lease(shop: ContainerClient) -> None:
    lease = await shop.acquire_lease(-1, lease_id=MINE)
    assert await state_of(shop) == ("locked", "leased", "infinite")
    assert await refused(shop.delete_container()) == (412, "LeaseIdMissing")
    another = (412, "LeaseIdMismatchWithContainerOperation")
    assert await refused(shop.delete_container(lease=OTHER)) == another
    assert await refused(shop.get_container_properties(lease=OTHER)) == another
    await shop.set_container_metadata({"by": "bob"})  # a lease keeps a container from being deleted only
    await lease.release()
    assert await refused(shop.delete_container(lease=MINE)) == (412, "LeaseNotPresentWithContainerOperation")
    await shop.delete_container()


async def test_lists_show_leases(shop: ContainerClient, tea: BlobClient) -> None:
    await tea.acquire_lease(-1)
    assert [(blob.name, blob.lease.state) async for blob in shop.list_blobs()] == [("tea", "leased")]


async def test_a_lease_survives_a_restart(tmp_path: Path) -> None:
    emulator = BlobEmulator(tmp_path)
    await emulator.start()
    async with ContainerClient.from_connection_string(emulator.connection_string, "shop", retry_total=0) as client:
        await client.create_container()
        await client.acquire_lease(-1)
        await (await client.upload_blob("tea", b"green")).acquire_lease(-1)
        await emulator.stop()
        await emulator.start()
        assert await refused(client.get_blob_client("tea").delete_blob()) == (412, "LeaseIdMissing")
        assert await refused(client.delete_container()) == (412, "LeaseIdMissing")
    await emulator.stop()
