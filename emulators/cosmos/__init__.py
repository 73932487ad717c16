"""The REST protocol of Azure Cosmos DB for NoSQL."""

from emulators.cosmos.server import CosmosEmulator

__all__ = ["CosmosEmulator"]
