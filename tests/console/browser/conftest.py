"""One browser for all tests, a page per test, and the stand-in for the console's server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from quartet.engine.failures.timeouts import stretched
from tests.console.browser.chromium import arguments, chromium
from tests.console.browser.standin.server import StandIn
from tests.console.browser.watch import Watch

Theme = Literal["light", "dark"]
WIDE, NARROW = 1280, 400
_LONGEST_SECONDS = 10

NewPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    expect.set_options(timeout=stretched(_LONGEST_SECONDS) * 1000)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=arguments(), headless=True)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stand_in() -> AsyncIterator[StandIn]:
    server = StandIn()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def watches() -> list[Watch]:
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(
    browser: Browser,
    watches: list[Watch],
    stand_in: StandIn,  # noqa: ARG001 -- it must be there until the pages are closed: they ask it all the time
) -> AsyncIterator[NewPage]:
    """Opens pages; at the end, none of them may have had a fault."""
    contexts = []

    async def make(
        width: int = WIDE, theme: Theme = "light", *, reduced_motion: bool = True, height: int = 900
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce" if reduced_motion else "no-preference",
            timezone_id="UTC",
            locale="en-GB",
        )
        context.set_default_timeout(stretched(_LONGEST_SECONDS) * 1000)
        contexts.append(context)
        page = await context.new_page()
        watches.append(Watch(page))
        return page

    yield make
    faults = [fault for watch in watches for fault in watch.faults]
    for context in contexts:
        await context.close()
    assert faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_page: NewPage) -> Page:
    return await new_page()
