"""Writes to items: one by one, in parts, and in batches."""
