"""The floor: the cost of the same calls of the SDKs without a runtime."""
