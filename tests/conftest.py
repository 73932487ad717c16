"""One stack for all tests that leave it as they found it, one application, and limits that stretch as all others do."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from quartet.cli import application
from quartet.engine.failures.timeouts import stretched
from tests.saga.shop import Shop, running_shop

# Many tests work in a directory of their own, where no pyproject.toml names the application.
os.environ.setdefault("QUARTET_APP", "services.shop:SHOP")

# Hypothesis measures examples by the clock, which on a busy machine tells of the machine.
settings.register_profile("quartet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quartet")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Stretch pytest's own limit on every test, wherever it is set."""
    default = config.getoption("timeout", None)
    usual = float(config.getini("timeout") if default is None else default)
    for item in items:
        mark = item.get_closest_marker("timeout")
        item.add_marker(pytest.mark.timeout(stretched(mark.args[0] if mark else usual)), append=False)


@pytest.fixture(autouse=True)
def forget_application() -> Iterator[None]:
    """Let no test work for the application of another one: a command names one for the whole process."""
    yield
    application.use(None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """Starting it takes longer than any of the tests."""
    async with running_shop(tmp_path_factory.mktemp("shop"), replicas=2) as running:
        yield running
