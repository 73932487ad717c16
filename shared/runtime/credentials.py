"""One credential for the whole process: made when it is first needed, closed once."""

from typing import Self

from azure.identity.aio import DefaultAzureCredential


class Credentials:
    """Lends the process's `DefaultAzureCredential` to every client that has no connection string."""

    def __init__(self) -> None:
        self._credential: DefaultAzureCredential | None = None

    def token(self) -> DefaultAzureCredential:
        """The credential; the same one for everybody, so that its token cache is shared."""
        if self._credential is None:
            self._credential = DefaultAzureCredential()
        return self._credential

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._credential is not None:
            await self._credential.close()
