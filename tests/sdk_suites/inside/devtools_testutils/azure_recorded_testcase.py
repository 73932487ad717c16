"""What is common to the classes of tests."""

import os
import time
import zlib
from typing import Any

from tests.sdk_suites.inside.identity import AsyncCredential, Credential, credential


def get_credential(*, is_async: bool = False, **_: object) -> Any:  # noqa: ANN401 -- one of two kinds, as the test needs it
    """The credential of the account that runs the tests."""
    return credential(is_async=is_async)


class AzureRecordedTestCase:
    """Names, credentials and pauses."""

    is_live = True

    @property
    def qualified_test_name(self) -> str:
        """Of the test that runs."""
        return os.environ["PYTEST_CURRENT_TEST"].split(" ")[0]

    def get_resource_name(self, prefix: str) -> str:
        """The same name for the same prefix in one test, and another one in every other test."""
        return f"{prefix}{zlib.crc32(self.qualified_test_name.encode()):08x}"

    def create_random_name(self, prefix: str) -> str:
        """The same."""
        return self.get_resource_name(prefix)

    def get_credential(
        self, client_class: type, *, is_async: bool | None = None, **_: object
    ) -> Credential | AsyncCredential:
        """For a client of this class."""
        return credential(is_async=".aio" in client_class.__module__ if is_async is None else is_async)

    def get_settings_value(self, name: str) -> str:
        """A value that is of no use without a management plane."""
        return name.lower()

    def is_playback(self) -> bool:
        """Never."""
        return False

    def sleep(self, seconds: float) -> None:
        """Wait, as against the service."""
        time.sleep(seconds)
