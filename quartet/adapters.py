"""What an adapter behind a port is written with: how it is opened, its settings, its books.

The errors that an adapter raises are in `quartet`. The names are imported when they are first used.
"""

from typing import TYPE_CHECKING, Final

from quartet.exports import exported

if TYPE_CHECKING:
    from quartet.azure.environment import EnvironmentSettings
    from quartet.azure.settings import Settings, load_settings
    from quartet.engine.declaration.book import Book
    from quartet.engine.declaration.ledger import Effect, Ledger, SagaLedger
    from quartet.engine.failures.timeouts import stretched
    from quartet.process.named_ports import PortByName
    from quartet.process.service_context import ServiceContext

__all__ = [
    "Book",
    "Effect",
    "EnvironmentSettings",
    "Ledger",
    "PortByName",
    "SagaLedger",
    "ServiceContext",
    "Settings",
    "load_settings",
    "stretched",
]

_HOMES: Final = {
    "azure.environment": ("EnvironmentSettings",),
    "azure.settings": ("Settings", "load_settings"),
    "engine.declaration.book": ("Book",),
    "engine.declaration.ledger": ("Effect", "Ledger", "SagaLedger"),
    "engine.failures.timeouts": ("stretched",),
    "process.named_ports": ("PortByName",),
    "process.service_context": ("ServiceContext",),
}

if not TYPE_CHECKING:  # mypy reads the imports above: a name that is not among them is an error
    __getattr__ = exported(__name__, _HOMES)
