"""Containers: create, describe, delete."""

import pytest

from tests.emulators.blob.signed_client import SignedClient


async def test_a_container_is_created_once(http: SignedClient) -> None:
    assert (await http("PUT", "shop?restype=container")).error == (409, "ContainerAlreadyExists")


async def test_a_container_keeps_metadata(http: SignedClient) -> None:
    created = await http("PUT", "cellar?restype=container", x_ms_meta_floor="-1")
    got = await http("GET", "cellar?restype=container")
    assert (got.headers["x-ms-meta-floor"], got.headers["ETag"]) == ("-1", created.headers["ETag"])
    await http("PUT", "cellar?restype=container&comp=metadata", x_ms_meta_floor="-2")
    changed = await http("HEAD", "cellar?restype=container")
    assert changed.headers["x-ms-meta-floor"] == "-2"
    assert changed.headers["ETag"] != created.headers["ETag"]


async def test_a_container_goes_with_all_that_is_in_it(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"green", x_ms_blob_type="BlockBlob")
    assert (await http("DELETE", "shop?restype=container")).status == 202
    assert (await http("GET", "shop?restype=container")).error == (404, "ContainerNotFound")
    assert (await http("PUT", "shop/tea", b"", x_ms_blob_type="BlockBlob")).error == (
        404,
        "ContainerNotFound",
    )
    await http("PUT", "shop?restype=container")
    assert (await http("GET", "shop/tea")).error == (404, "BlobNotFound")


@pytest.mark.parametrize("name", ["ab", "Shop", "a--b", "-ab", "a" * 64, "sh_op"])
async def test_a_name_that_the_service_does_not_allow_is_refused(http: SignedClient, name: str) -> None:
    assert (await http("PUT", f"{name}?restype=container")).error == (400, "InvalidResourceName")


async def test_nothing_is_public(http: SignedClient) -> None:
    answer = await http("PUT", "open?restype=container", x_ms_blob_public_access="container")
    assert answer.error == (409, "PublicAccessNotPermitted")


@pytest.mark.parametrize(
    "body",
    [
        b"<SignedIdentifiers>",
        b"<Policies/>",
        b"<SignedIdentifiers><SignedIdentifier><Id></Id></SignedIdentifier></SignedIdentifiers>",
        b"<SignedIdentifiers>%s</SignedIdentifiers>"
        % b"".join(b"<SignedIdentifier><Id>%d</Id></SignedIdentifier>" % number for number in range(6)),
    ],
)
async def test_policies_that_cannot_be_are_refused(http: SignedClient, body: bytes) -> None:
    assert (await http("PUT", "shop?restype=container&comp=acl", body)).error == (400, "InvalidXmlDocument")
