"""The lock files: whether every pip that a supported Python brings can install from them, today and in years."""
