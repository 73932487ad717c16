"""Pictures of the figures of a benchmark: `quartet bench --plot DIR`."""
