"""The REST protocol of Azure Cosmos DB for NoSQL."""

from quartet_emulators.cosmos.server import CosmosEmulator

__all__ = ["CosmosEmulator"]
