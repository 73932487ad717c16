"""Records, dead letters and ledgers in Cosmos DB."""
