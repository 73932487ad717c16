"""One identity for the whole process: a token is fetched once for all clients, and dropped when a server refuses it.

Why there is more to it than `DefaultAzureCredential`: Cosmos DB answers 403 with sub-status 5300 to a token that it
takes for expired. The SDK throws a token away after a 401 only, so its client keeps the refused one, and so does the
cache of the credential behind it: every request fails until the process is started again (azure-sdk-for-python, issue
45886). Here, a token that a server refuses counts as expired from then on.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline import PipelineResponse
from structlog.typing import FilteringBoundLogger

from quartet.engine.errors import ConfigurationError, RightsMissingError
from quartet.engine.failures.timeouts import stretched

if TYPE_CHECKING:
    from azure.identity.aio import DefaultAzureCredential

# An identity that exists answers in well under a second; the credential's own repeats can take minutes.
_FETCH_SECONDS: Final = 15
# How often the identity is asked past its cache. If it has nothing but the refused token, asking faster does not help.
_RENEWAL_SECONDS: Final = 30
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_NOT_AUTHORISED: Final = "5300"  # Cosmos DB's sub-status of a 403 that is about the token


_NO_IDENTITY: Final = "no identity: "


class IdentityError(ClientAuthenticationError):
    """There is no identity, or it gives no token. The message is one line."""


def default_credential() -> "DefaultAzureCredential":
    """The SDK's credential. Imported here: with connection strings, no process needs its 18 MB."""
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential()


def refusal(message: str, connection_string: str | None) -> ConfigurationError:
    """The error for a server that refuses us: an identity may get its right later, a key in a string may not."""
    return ConfigurationError(message) if connection_string is not None else RightsMissingError(message)


def is_identity_error(error: BaseException | None) -> bool:
    """Whether an error says that there is no token; also one of the Event Hubs client, which keeps the words only."""
    return isinstance(error, IdentityError) or str(error).startswith(_NO_IDENTITY)


class Identity:
    """A credential for every client of the process, in the two forms that the Azure SDKs ask for.

    Clients that ask for one scope at the same time share one request. `close` is for the owner, `Credentials`.
    """

    def __init__(
        self, make: "Callable[[], DefaultAzureCredential]", now: Callable[[], float], log: FilteringBoundLogger | None
    ) -> None:
        self._make = make
        self._now = now
        self._log = log
        self._credential: DefaultAzureCredential | None = None
        self._lock = asyncio.Lock()
        self._fetching: dict[tuple[str, ...], asyncio.Task[AccessTokenInfo]] = {}
        self._lent: dict[tuple[str, ...], AccessTokenInfo] = {}
        self._refused: set[str] = set()
        self._renewed_at = float("-inf")

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:  # noqa: ANN401 -- the protocol's
        """A token, for the Event Hubs client.

        Raises:
            IdentityError: none could be had.
        """
        info = await self.get_token_info(*scopes)
        return AccessToken(info.token, info.expires_on)

    async def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """A token, for the clients that speak HTTP. The options (another tenant, extra claims) are not for us.

        Raises:
            IdentityError: none could be had.
        """
        del options
        task = self._fetching.get(scopes)
        if task is None:
            task = self._fetching[scopes] = asyncio.create_task(self._fetch(scopes))
            task.add_done_callback(lambda done: self._settle(scopes, done))
        # The first caller may be cancelled while others still wait for the answer.
        return await asyncio.shield(task)

    def refuse(self, token: str) -> None:
        """Mark a token as refused by a server: every client treats it as expired, and requests another."""
        for lent in self._lent.values():
            if lent.token == token:
                lent.expires_on = 0
                lent.refresh_on = None
                self._refused.add(token)

    async def close(self) -> None:
        """Close the credential."""
        if self._credential is not None:
            await self._credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Do nothing: a client that closes its credential must not close that of the other clients."""

    async def _fetch(self, scopes: tuple[str, ...]) -> AccessTokenInfo:
        async with self._lock:
            token = await self._ask(scopes)
            if token.token in self._refused and self._now() >= self._renewed_at + _RENEWAL_SECONDS:
                token = await self._ask_again(scopes)
            lent = self._lent.get(scopes)
            if lent is None or lent.token != token.token or token.token in self._refused:
                # Of our own, so that it can be declared expired.
                lent = AccessTokenInfo(token.token, token.expires_on, refresh_on=token.refresh_on)
                self._lent[scopes] = lent
                self._refused &= {one.token for one in self._lent.values()}
            return lent

    async def _ask_again(self, scopes: tuple[str, ...]) -> AccessTokenInfo:
        """Ask a new credential: the cache of the old one still returns the refused token."""
        self._renewed_at = self._now()
        if self._log is not None:
            self._log.warning("token refused; requesting a new one", scope=scopes[0])
        await self.close()
        self._credential = None
        return await self._ask(scopes)

    async def _ask(self, scopes: tuple[str, ...]) -> AccessTokenInfo:
        if self._credential is None:
            self._credential = self._make()
        try:
            async with asyncio.timeout(stretched(_FETCH_SECONDS)):
                return await self._credential.get_token_info(*scopes)
        except TimeoutError as error:
            raise IdentityError(
                f"{_NO_IDENTITY}no token for {scopes[0]} within {stretched(_FETCH_SECONDS):g} s"
            ) from error
        except (AzureError, ValueError) as error:
            raise IdentityError(f"{_NO_IDENTITY}{_one_line(error)}") from error

    def _settle(self, scopes: tuple[str, ...], task: "asyncio.Task[AccessTokenInfo]") -> None:
        del self._fetching[scopes]
        if not task.cancelled():
            task.exception()  # retrieved: the caller may have ended


class Credentials:
    """Lends the process's identity to every client that has no connection string.

    Args:
        make: makes a credential.
        now: seconds on any clock that does not jump.
        log: says when a token was refused; None says nothing.
    """

    def __init__(
        self,
        log: FilteringBoundLogger | None = None,
        make: "Callable[[], DefaultAzureCredential]" = default_credential,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identity = Identity(make, now, log)

    def token(self) -> Identity:
        """The identity that all clients share."""
        return self._identity

    def on_response(self, response: PipelineResponse[Any, Any]) -> None:
        """Look at a server's answer: a `raw_response_hook` of the clients that speak HTTP."""
        status, headers = response.http_response.status_code, response.http_response.headers
        if status == _UNAUTHORIZED or (status == _FORBIDDEN and headers.get("x-ms-substatus") == _NOT_AUTHORISED):
            # "Bearer TOKEN", or Cosmos DB's own "type=aad&ver=1.0&sig=TOKEN". A token has neither of the separators.
            authorization = response.http_request.headers.get("Authorization", "")
            self._identity.refuse(authorization.rpartition(" ")[2].rpartition("=")[2])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._identity.close()


def _one_line(error: Exception) -> str:
    """The credential's attempts, without the link to its documentation."""
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("To mitigate this issue"))[:1500]
