"""What the author of a participant writes with: the participant's table, the outcome of a handler, the retry policy."""
