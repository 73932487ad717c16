"""The sagas as Azure Durable Functions, in an environment of their own."""
