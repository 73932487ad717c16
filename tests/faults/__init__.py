"""The guarantees under faults, in real processes."""
