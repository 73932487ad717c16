"""Who may do what: by the account's key, a bearer token or a shared access signature."""

from collections.abc import Mapping
from dataclasses import dataclass

from quartet_emulators.blob.authorisation import authorise, check_token
from quartet_emulators.blob.call import Target
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.signatures import authorise_signature
from quartet_emulators.blob.store import BlobStore
from quartet_emulators.security import Security


@dataclass(frozen=True, slots=True)
class Admission:
    """Checks the rights of one request, of those in a batch, and of a request to the source of its copy.

    Attributes:
        now: seconds since the epoch.
    """

    store: BlobStore
    security: Security
    now: float

    def check(
        self,
        operation: str,
        method: str,
        path: str,
        target: Target,
        query: Mapping[str, list[str]],
        *,
        headers: Mapping[str, str],
    ) -> None:
        """Let a request pass that may do this.

        Args:
            operation: as in the counters.
            method: the HTTP method.
            path: as it was signed: percent-encoded, without the query.
            target: what it names.
            query: decoded values by lower-case name.
            headers: the request's.

        Raises:
            BlobError: it may not.
        """
        if "sig" in query and "Authorization" not in headers:
            self.check_signature(operation, target, {name: values[0] for name, values in query.items()})
        else:
            authorise(method, path, query, headers, self.now, tokens=self.security.tokens)

    def check_signature(self, operation: str, target: Target, query: Mapping[str, str]) -> None:
        """Let a request pass whose query has a signature that allows this.

        Raises:
            BlobError: it does not.
        """
        is_tls = self.security.tls is not None
        authorise_signature(operation, target, query, self.now, self.store, is_tls=is_tls)

    def check_token(self, authorization: str, headers: Mapping[str, str]) -> None:
        """Let a request pass for `Bearer TOKEN` with a good token.

        Raises:
            BlobError: 401 or 403 for all else.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or self.security.tokens is None:
            raise BlobError(ErrorCode.NO_AUTHENTICATION, "a signature in the address, or a token, is needed")
        check_token(token.strip(), headers, self.now, self.security.tokens)
