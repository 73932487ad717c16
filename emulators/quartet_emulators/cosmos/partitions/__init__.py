"""Partition keys, their hashes, and the physical partitions over which the hashes are spread."""
