"""The projection in Cosmos DB."""
