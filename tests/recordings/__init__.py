"""The recordings of the samples: made in memory, so that the same code makes the same files."""
