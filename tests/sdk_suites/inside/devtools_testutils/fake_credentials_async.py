"""As in Microsoft's package."""

from .responses import AsyncFakeCredential

__all__ = ["AsyncFakeCredential"]
