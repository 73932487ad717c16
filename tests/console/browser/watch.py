"""What must not happen on a page, whatever the test is about: an error, a violation of the policy, another host."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Page, Request

# What Chromium writes when a server is away, which a test of that wants.
AWAY = re.compile(r"net::ERR_|Failed to load resource: the server responded with a status of (404|503)")


class Watch:
    """Notes the faults of a page.

    Attributes:
        faults: what has happened, in order.
        is_cut: whether the test takes the server away: then requests may fail.
    """

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        self.is_cut = False
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"not caught: {error}"))
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not (self.is_cut and AWAY.search(message.text)):
            self.faults.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            self.faults.append(f"asked another host: {request.url}")


async def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


async def texts(page: Page, selector: str) -> Sequence[str]:
    """The text of every element that is found."""
    return [" ".join(text.split()) for text in await page.locator(selector).all_inner_texts()]
