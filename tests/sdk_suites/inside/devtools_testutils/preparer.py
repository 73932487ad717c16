"""Decorators that give a test the account: by name and key, as keyword arguments."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from quartet_emulators.blob.authorisation import ACCOUNT_KEY, ACCOUNT_NAME


class Secret(str):
    """A text that is also the attribute `secret`, as tests read keys."""

    __slots__ = ()

    @property
    def secret(self) -> str:
        """The text."""
        return str(self)


class EnvironmentVariableOptions:
    """What to hide in recordings: without effect."""

    def __init__(self, **_: object) -> None:
        """Recordings only."""


class EnvironmentVariableLoader:
    """Gives a test the emulator's account under every name that the suite knows: there is one account only."""

    def __init__(self, directory: str, **named: object) -> None:
        self._values = {
            name: Secret(ACCOUNT_KEY if name.endswith("_key") else ACCOUNT_NAME)
            for name in named
            if name != "options" and directory in name
        }

    def __call__(self, test: Callable[..., Any]) -> Callable[..., Any]:
        kinds = [parameter.kind for parameter in inspect.signature(test).parameters.values()]
        values = self._values if inspect.Parameter.VAR_KEYWORD in kinds else {}
        if inspect.iscoroutinefunction(test):

            @functools.wraps(test)
            async def run_async(*arguments: object, **named: object) -> None:
                await test(*arguments, **{**values, **named})

            return run_async

        @functools.wraps(test)
        def run(*arguments: object, **named: object) -> None:
            test(*arguments, **{**values, **named})

        return run
