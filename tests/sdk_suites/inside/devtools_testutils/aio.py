"""As in Microsoft's package."""

from .recording import recorded_by_proxy_async

__all__ = ["recorded_by_proxy_async"]
