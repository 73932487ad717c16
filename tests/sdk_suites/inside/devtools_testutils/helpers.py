"""As in Microsoft's package."""

from .live import is_live

__all__ = ["is_live"]
