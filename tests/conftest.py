"""One stack for all tests that leave it as they found it: starting it takes longer than any of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.saga.shop import Shop, running_shop


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path_factory.mktemp("shop"), replicas=2) as running:
        yield running
