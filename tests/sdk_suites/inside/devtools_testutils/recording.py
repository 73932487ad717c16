"""Nothing is recorded: what the suites say about recordings has no effect."""

import functools
from collections.abc import Callable
from typing import Any


def recorded_by_proxy(test: Callable[..., Any]) -> Callable[..., Any]:
    """The test as it is; what it returns is for recordings."""

    @functools.wraps(test)
    def run(*arguments: object, **named: object) -> None:
        test(*arguments, **named)

    return run


def recorded_by_proxy_async(test: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a test that is async."""

    @functools.wraps(test)
    async def run(*arguments: object, **named: object) -> None:
        await test(*arguments, **named)

    return run


def _nothing(*_: object, **__: object) -> None:
    """Recordings only."""


add_body_regex_sanitizer = add_general_regex_sanitizer = add_header_regex_sanitizer = _nothing
add_oauth_response_sanitizer = add_uri_regex_sanitizer = set_custom_default_matcher = _nothing


def get_region_override(default: str = "") -> str:
    """Where resources would be made."""
    return default
