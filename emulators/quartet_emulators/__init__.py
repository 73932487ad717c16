"""Wire-compatible emulators of Event Hubs, Cosmos DB and Blob Storage: plain Python, no Docker."""
