"""How an emulator is entered: over plain TCP with the well-known keys, or over TLS, with bearer tokens as well."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from quartet_emulators.tokens import TokenCheck


@dataclass(frozen=True, slots=True)
class Security:
    """What all three emulators have in common.

    Attributes:
        tls: with it, an emulator speaks TLS and nothing else. Clients send bearer tokens over TLS only.
        tokens: with it, bearer tokens are accepted besides the keys.
    """

    tls: ssl.SSLContext | None = None
    tokens: TokenCheck | None = None

    @property
    def http(self) -> str:
        """The scheme of a URL."""
        return "http" if self.tls is None else "https"


OPEN = Security()
"""Plain TCP and keys."""


def read_security(certificate: Path | None, key: Path | None, token_key: str | None) -> Security:
    """What the command line asks for.

    Args:
        certificate: a PEM file with the server's certificate and what leads to its root.
        key: a PEM file with its private key.
        token_key: what tokens are signed with.

    Raises:
        OSError: a file cannot be read (also: it is not a certificate or key, or they do not belong together).
        ValueError: only a part of what is needed is given, or the token key is too short.
    """
    if (certificate is None) != (key is None):
        raise ValueError("--tls-certificate and --tls-key belong together")
    if certificate is None or key is None:
        if token_key is not None:
            raise ValueError("--accept-tokens-signed-with needs --tls-certificate: clients send tokens over TLS only")
        return OPEN
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return Security(context, TokenCheck(token_key) if token_key is not None else None)
