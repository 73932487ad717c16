"""Applications that are not the shop."""
