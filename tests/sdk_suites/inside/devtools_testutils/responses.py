"""Hooks of the SDKs' pipelines that change an answer or count attempts."""

from typing import Any

from tests.sdk_suites.inside.identity import AsyncCredential, Credential, Token


class FakeTokenCredential(Credential):
    """A credential that counts.

    Attributes:
        get_token_count: how many tokens it gave.
    """

    def __init__(self) -> None:
        self.get_token_count = 0

    def get_token(self, *scopes: str, **options: object) -> Token:
        """A new token, which clients never keep: they take it to have expired."""
        self.get_token_count += 1
        return super().get_token(*scopes, **options)._replace(expires_on=0)


class AsyncFakeCredential(AsyncCredential):
    """The same for a client that is async."""


class RetryCounter:
    """Counts retries.

    Attributes:
        count: how many there were.
    """

    def __init__(self) -> None:
        self.count = 0

    def simple_count(self, _context: object) -> None:
        """Count one."""
        self.count += 1


class ResponseCallback:
    """Gives an answer of one status another one.

    Attributes:
        count: how many answers there were.
    """

    def __init__(self, status: int | None = None, new_status: int | None = None) -> None:
        self._status, self._new_status = status, new_status
        self._changed = False
        self.count = 0

    def override_first_status(self, response: Any) -> None:  # noqa: ANN401 -- of the SDK's pipeline
        """Only once."""
        if not self._changed:
            self._changed = self._change(response)
        self.count += 1

    def override_status(self, response: Any) -> None:  # noqa: ANN401 -- of the SDK's pipeline
        """Always."""
        self._change(response)
        self.count += 1

    def _change(self, response: Any) -> bool:  # noqa: ANN401 -- of the SDK's pipeline
        answer = response.http_response
        if answer.status_code != self._status:
            return False
        answer.status_code = self._new_status
        return True
