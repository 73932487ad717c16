"""Runs of any application: faults from a seed, and what must be true in the end."""
