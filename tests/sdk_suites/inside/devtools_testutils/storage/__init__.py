"""As in Microsoft's package."""

from .parametrize import GenericTestProxyParametrize1, GenericTestProxyParametrize2
from .testcase import LogCaptured, StorageRecordedTestCase

__all__ = ["GenericTestProxyParametrize1", "GenericTestProxyParametrize2", "LogCaptured", "StorageRecordedTestCase"]
