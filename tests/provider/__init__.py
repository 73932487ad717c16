"""A payment provider that is not ours: a server in a process of its own, and our adapter for it."""
