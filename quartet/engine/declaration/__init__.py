"""The declarations of a participant: its table, the outcome of a handler, the retry policy."""
