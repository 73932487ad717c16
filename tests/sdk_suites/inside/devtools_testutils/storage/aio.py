"""As in Microsoft's package."""

from collections.abc import AsyncIterable

from .parametrize import GenericTestProxyParametrize1, GenericTestProxyParametrize2
from .testcase import LogCaptured, StorageRecordedTestCase

__all__ = [
    "AsyncStorageRecordedTestCase",
    "GenericTestProxyParametrize1",
    "GenericTestProxyParametrize2",
    "LogCaptured",
]


class AsyncStorageRecordedTestCase(StorageRecordedTestCase):
    """With what tests of async clients need besides."""

    async def _to_list(self, items: AsyncIterable[object]) -> list[object]:
        return [item async for item in items]
