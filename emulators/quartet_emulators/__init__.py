"""Wire-compatible emulators of Event Hubs, Cosmos DB and Blob Storage: plain Python, no Docker.

    from quartet_emulators import AzureEmulators

    with AzureEmulators() as azure:
        client = CosmosClient.from_connection_string(azure.cosmos)

In tests, the fixtures of `quartet_emulators.pytest_plugin` are there as soon as the package is installed.
"""

from quartet_emulators.running import AzureEmulators, EmulatorsError, EventHub

__all__ = ["AzureEmulators", "EmulatorsError", "EventHub"]
