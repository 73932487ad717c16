"""The REST protocol of Azure Cosmos DB for NoSQL."""
