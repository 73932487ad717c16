"""Identities of the tests: tokens that the emulators accept, for the audience that a client asks for."""

import time
from typing import NamedTuple, Self

from quartet_emulators.tokens import TokenCheck

from tests.sdk_suites.inside.settings import TOKEN_KEY, setting

_SECONDS = 3600


class Token(NamedTuple):
    """As `azure.core.credentials.AccessToken`."""

    token: str
    expires_on: int


def token_for(scope: str) -> Token:
    """A token that is good for an hour."""
    expires = int(time.time()) + _SECONDS
    claims = {
        "aud": scope.removesuffix("/.default").removesuffix("/"),
        "exp": expires,
        "oid": "suites",
        "tid": "suites",
    }
    return Token(TokenCheck(setting(TOKEN_KEY)).sign(claims), expires)


class Credential:
    """A credential of a client that is not async."""

    def get_token(self, *scopes: str, **_: object) -> Token:
        """A new token."""
        return token_for(scopes[0])

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncCredential:
    """The same for a client that is async."""

    async def get_token(self, *scopes: str, **_: object) -> Token:
        """A new token."""
        return token_for(scopes[0])

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def credential(*, is_async: bool = False) -> Credential | AsyncCredential:
    """The credential of the account that runs the tests."""
    return AsyncCredential() if is_async else Credential()
