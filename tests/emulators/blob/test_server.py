"""The server as a whole: what it does not do, what it keeps, how it starts and stops."""

import logging
import os
import signal
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from quartet_emulators.blob import BlobEmulator

from tests.emulators.blob.signed_client import ACCOUNT, SignedClient

PUT = {"x_ms_blob_type": "BlockBlob"}
SERVE = """
import asyncio, sys
from pathlib import Path
from quartet_emulators.blob import BlobEmulator

async def main():
    emulator = BlobEmulator(Path(sys.argv[1]))
    await emulator.start()
    print(emulator.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("PUT", "shop/tea?comp=tier", {}),
        ("PUT", "?restype=service&comp=properties", {}),
        ("GET", "?restype=service&comp=properties", {}),
        ("POST", "shop/tea?comp=query", {}),
        ("PUT", "shop/tea?comp=appendblock", {}),
        ("GET", "shop/tea?snapshot=2027-01-01", {}),
        ("PUT", "shop/tea", PUT | {"x_ms_copy_source": "http://elsewhere/"}),
        ("PUT", "shop/tea", PUT | {"x_ms_encryption_scope": "a"}),
    ],
)
async def test_an_unsupported_request_says_so(
    http: SignedClient,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    headers: dict[str, str],
) -> None:
    with caplog.at_level(logging.WARNING, logger="quartet_emulators.blob"):
        assert (await http(method, path, **headers)).error == (501, "NotImplemented")
    (record,) = caplog.records
    assert method in record.message
    assert path.partition("?")[0] in record.message


async def test_a_lease_that_is_none_opens_nothing(http: SignedClient) -> None:
    await http("PUT", "shop/tea", b"", **PUT)
    answer = await http("GET", "shop/tea", x_ms_lease_id="00000000-0000-0000-0000-000000000000")
    assert answer.error == (412, "LeaseNotPresentWithBlobOperation")


@pytest.mark.parametrize(
    "path",
    [f"/{ACCOUNT}/shop/%ff", f"/{ACCOUNT}/shop/%00", f"/{ACCOUNT}/shop/x?%ff", "/somebody/shop?restype=container"],
)
async def test_a_path_that_is_none_of_this_account_is_refused(http: SignedClient, path: str) -> None:
    headers = {"x-ms-date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{http.signature('GET', path, headers, 0)}"
    answer = await http.raw("GET", path, b"", headers)
    refusals = {(400, "InvalidUri"), (400, "InvalidQueryParameterValue"), (404, "ResourceNotFound")}
    assert answer.error in refusals


async def test_a_bug_is_answered_and_logged(
    http: SignedClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quartet_emulators.blob.admission.authorise", lambda *_, **__: 1 / 0)
    assert (await http("GET", "shop/tea")).error == (500, "InternalError")
    assert "ZeroDivisionError" in caplog.text


async def test_a_client_may_wait_for_leave_to_send_its_body(http: SignedClient) -> None:
    answer = await http("PUT", "shop/tea", b"green", Expect="100-continue", **PUT)
    assert answer.status == 201
    assert (await http("GET", "shop/tea")).body == b"green"


async def test_requests_are_counted_by_caller(tmp_path: Path) -> None:
    emulator = BlobEmulator(tmp_path)
    await emulator.start()
    async with SignedClient(emulator.port) as client:
        await client("PUT", "shop?restype=container", User_Agent="seeder azsdk-python-storage-blob/12 Python/3")
        await client("PUT", "shop/tea", b"", **PUT)
        await client("PUT", "shop/tea?comp=tier")
    await emulator.stop()
    assert emulator.counters == {
        ("seeder", "create_container"): 1,
        ("unknown", "put"): 1,
        ("unknown", "unsupported"): 1,
    }


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    first = BlobEmulator(tmp_path / "first")
    await first.start()
    second = BlobEmulator(tmp_path / "second", port=first.port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await first.stop()
    await second.start()
    await second.stop()


async def test_a_data_file_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "blob.sqlite3").write_bytes(b"not a database, and long enough to be seen as none" * 100)
    with pytest.raises(Exception, match="not a database"):
        await BlobEmulator(tmp_path).start()


async def test_acknowledged_writes_survive_sigkill(tmp_path: Path) -> None:
    for round_number in range(2):
        process = await create_subprocess_exec(sys.executable, "-c", SERVE, str(tmp_path), stdout=PIPE)
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        async with SignedClient(port) as client:
            if round_number == 0:
                assert (await client("PUT", "shop?restype=container")).status == 201
                for number in range(50):
                    assert (await client("PUT", f"shop/{number}", b"x" * number, **PUT)).status == 201
                    changed = await client("PUT", f"shop/{number}?comp=metadata", x_ms_meta_n=str(number))
                    assert changed.status == 200
            else:
                for number in range(50):
                    got = await client("GET", f"shop/{number}")
                    assert (got.body, got.headers["x-ms-meta-n"]) == (b"x" * number, str(number))
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
