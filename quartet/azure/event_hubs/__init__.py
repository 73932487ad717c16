"""Receiving from Event Hubs, publishing to it, and checkpoints in Blob Storage."""
