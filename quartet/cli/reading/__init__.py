"""Reading stored data and the hub's events, for commands."""
