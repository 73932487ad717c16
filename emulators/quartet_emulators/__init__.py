"""Wire-compatible emulators of Event Hubs, Cosmos DB and Blob Storage: plain Python, no Docker.

    from quartet_emulators import AzureEmulators

    with AzureEmulators() as azure:
        client = CosmosClient.from_connection_string(azure.cosmos)

In tests, the fixtures of `quartet_emulators.pytest_plugin` are there as soon as the package is installed.
"""

from typing import TYPE_CHECKING

__all__ = ["AzureEmulators", "EmulatorsError", "EventHub"]

if TYPE_CHECKING:
    from quartet_emulators.running import AzureEmulators, EmulatorsError, EventHub
else:

    def __getattr__(name: str) -> object:
        """What runs servers is imported when it is asked for: every pytest process imports this package as a plugin."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from quartet_emulators import running

        return getattr(running, name)
