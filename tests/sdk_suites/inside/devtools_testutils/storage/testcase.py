"""Classes of tests of azure-storage-blob."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from io import StringIO
from types import TracebackType
from typing import Any, Final

from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from tests.sdk_suites.inside.devtools_testutils.azure_recorded_testcase import AzureRecordedTestCase
from tests.sdk_suites.inside.devtools_testutils.responses import FakeTokenCredential
from tests.sdk_suites.inside.settings import BLOB_URL, setting

_LOGGER: Final = logging.getLogger("azure.storage")
_FORM: Final = logging.Formatter("%(asctime)s %(name)-20s %(levelname)-5s %(message)s")


class StorageRecordedTestCase(AzureRecordedTestCase):
    """Addresses, contents and assertions."""

    logger = _LOGGER
    sas_token = ""

    @classmethod
    def setup_class(cls) -> None:
        """A signature with a key that no account has."""
        cls.sas_token = _made_up_signature()

    def setup_method(self, _method: object) -> None:
        """Every test begins with the log switched on."""
        self.configure_logging()

    def generate_sas(self, generate: Callable[..., str], *arguments: object, **named: object) -> str:
        """A signature by the function of the SDK; recordings would have a made-up one."""
        named.pop("fake_value", None)
        return generate(*arguments, **named)

    def connection_string(self, account_name: str, key: str) -> str:
        """Of the emulator's account."""
        account = f"AccountName={account_name};AccountKey={key}"
        return f"DefaultEndpointsProtocol=https;{account};BlobEndpoint={setting(BLOB_URL)}"

    def account_url(self, _account: str, _service: str) -> str:
        """Of the emulator's only account, whatever the test calls it."""
        return setting(BLOB_URL)

    def configure_logging(self) -> None:
        """As it was before a test looked at the log."""
        self.enable_logging()

    def enable_logging(self) -> None:
        """Let all lines of the SDK pass."""
        _LOGGER.handlers = []
        _LOGGER.setLevel(logging.DEBUG)
        _LOGGER.propagate, _LOGGER.disabled = True, False

    def get_random_bytes(self, size: int) -> bytes:
        """Content of a size."""
        return b"a" * size

    def get_random_text_data(self, size: int) -> str:
        """Text of at least a size, with characters of several bytes."""
        words = " hello world python 啊齄丂狛狜"
        return words * (size // len(words) + 1)

    def generate_oauth_token(self) -> Any:  # noqa: ANN401 -- as the test needs it
        """The credential of the account that runs the tests."""
        from azure.storage.blob import BlobServiceClient

        return self.get_credential(BlobServiceClient)

    def generate_fake_token(self) -> FakeTokenCredential:
        """A credential."""
        return FakeTokenCredential()

    def get_datetime_variable(self, _variables: object, _name: str, value: datetime) -> datetime:
        """The value: there is no recording that has another one."""
        return value

    def assertNamedItemInContainer(self, items: Iterable[Any], name: str, _said: str | None = None) -> None:  # noqa: N802 -- the tests' name for it
        """One of the items has the name."""
        found = [item if isinstance(item, str) else getattr(item, "name", None) for item in items]
        assert name in found

    def assert_upload_progress(
        self,
        size: int,
        max_chunk_size: int,
        progress: Sequence[tuple[int, int | None]],
        unknown_size: bool = False,
    ) -> None:
        """A report for each chunk, with the whole size if it is known."""
        ends = [min(size, end) for end in range(max_chunk_size, size + max_chunk_size, max_chunk_size)]
        assert sorted(done for done, _ in progress) == ends
        assert {total for _, total in progress} <= {None if unknown_size else size}

    def assert_download_progress(
        self, size: int, max_chunk_size: int, max_get_size: int, progress: Sequence[tuple[int, int | None]]
    ) -> None:
        """A report for the first request, and one for each chunk after it."""
        rest = max(0, size - max_get_size)
        assert len(progress) == 1 + -(-rest // max_chunk_size)
        assert {total for _, total in progress[1:]} <= {size}


def _made_up_signature() -> str:
    """A shared access signature that opens nothing."""
    now = datetime.now()  # noqa: DTZ005 -- only its form is read
    return "?" + generate_account_sas(
        account_name="test",
        account_key="a" * 30 + "b" * 30,
        resource_types=ResourceTypes(object=True),
        permission=AccountSasPermissions(read=True, list=True),
        start=now - timedelta(hours=24),
        expiry=now + timedelta(days=8),
    )


class LogCaptured:
    """What the SDK logs in a block."""

    def __init__(self, test_case: StorageRecordedTestCase) -> None:
        self._test_case = test_case
        self._stream = StringIO()
        self._handler = logging.StreamHandler(self._stream)
        self._handler.setFormatter(_FORM)

    def __enter__(self) -> StringIO:
        self._test_case.enable_logging()
        _LOGGER.addHandler(self._handler)
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _LOGGER.removeHandler(self._handler)
        self._stream.close()
        self._test_case.configure_logging()
