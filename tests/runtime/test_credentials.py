"""The identity asks seldom, once for all callers, and never lends a token that was refused."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest
from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import DefaultAzureCredential

from quartet.azure.credentials import Identity, IdentityError, is_identity_error

SCOPE = "https://cosmos.azure.com/.default"


@dataclass(slots=True)
class Entra:
    """Where tokens come from: each credential caches the one that it got first.

    Attributes:
        tokens: those to come; the last one is issued forever.
        errors: to be raised before any token.
    """

    tokens: list[str] = field(default_factory=lambda: ["first", "second"])
    errors: list[Exception] = field(default_factory=list)
    asked: int = 0
    made: int = 0
    now: float = 1000.0

    def identity(self) -> Identity:
        return Identity(lambda: cast(DefaultAzureCredential, self._credential()), lambda: self.now, None)

    def _credential(self) -> "CachingCredential":
        self.made += 1
        return CachingCredential(self)

    def issue(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]


class CachingCredential:
    """As those of azure-identity are."""

    def __init__(self, entra: Entra) -> None:
        self._entra = entra
        self._cached: str | None = None
        self.is_closed = False

    async def get_token_info(self, *_scopes: str, **_options: object) -> AccessTokenInfo:
        assert not self.is_closed
        if self._cached is None:
            await asyncio.sleep(0)
            self._cached = self._entra.issue()
        return AccessTokenInfo(self._cached, 5000)

    async def close(self) -> None:
        self.is_closed = True


async def test_simultaneous_callers_share_one_request() -> None:
    entra = Entra()
    identity = entra.identity()
    tokens = await asyncio.gather(*(identity.get_token_info(SCOPE) for _ in range(20)))
    assert {token.token for token in tokens} == {"first"}
    assert entra.asked == 1


async def test_a_caller_that_is_cancelled_does_not_cancel_the_request_of_the_others() -> None:
    identity = Entra().identity()
    impatient, patient = (asyncio.create_task(identity.get_token_info(SCOPE)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).token == "first"


async def test_a_refused_token_has_expired_for_every_client_that_holds_it() -> None:
    identity = Entra().identity()
    held = await identity.get_token_info(SCOPE)
    assert held.expires_on == 5000
    identity.refuse("first")
    assert held.expires_on == 0


async def test_after_a_refusal_the_identity_is_asked_past_its_cache() -> None:
    entra = Entra()
    identity = entra.identity()
    await identity.get_token_info(SCOPE)
    identity.refuse("first")
    assert (await identity.get_token(SCOPE)).token == "second"
    assert entra.made == 2


async def test_an_identity_with_nothing_but_the_refused_token_is_not_asked_in_a_loop() -> None:
    entra = Entra(["first"])
    identity = entra.identity()
    for _ in range(50):
        token = await identity.get_token_info(SCOPE)
        assert token.expires_on == 5000
        identity.refuse("first")
    assert entra.asked == 2
    entra.now += 31
    await identity.get_token_info(SCOPE)
    assert entra.asked == 3


async def test_the_refusal_of_a_replaced_token_changes_nothing() -> None:
    entra = Entra()
    identity = entra.identity()
    await identity.get_token_info(SCOPE)
    identity.refuse("first")
    held = await identity.get_token_info(SCOPE)
    identity.refuse("first")  # an answer to a request that was sent before
    assert (held.token, held.expires_on) == ("second", 5000)
    assert entra.asked == 2


async def test_an_error_of_the_credential_is_one_line_and_the_next_attempt_is_new() -> None:
    wordy = (
        "DefaultAzureCredential failed.\nAttempted credentials:\n\tCli: no az\nTo mitigate this issue, read all this"
    )
    entra = Entra(errors=[ClientAuthenticationError(wordy)])
    identity = entra.identity()
    with pytest.raises(IdentityError) as failed:
        await identity.get_token_info(SCOPE)
    assert str(failed.value) == "no identity: DefaultAzureCredential failed. Attempted credentials: Cli: no az"
    assert is_identity_error(failed.value)
    assert not is_identity_error(ValueError("no token"))
    assert (await identity.get_token_info(SCOPE)).token == "first"
