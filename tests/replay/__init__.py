"""Recorded sagas, run again."""
