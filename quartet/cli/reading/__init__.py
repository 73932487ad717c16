"""Reading what is stored and what the hub has, for commands."""
