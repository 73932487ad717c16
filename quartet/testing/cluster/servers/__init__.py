"""What the servers keep: Cosmos DB, an event hub, and the blobs with ownership and checkpoints, in memory."""
