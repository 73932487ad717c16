"""A server that answers as the console does, with views that a test chooses, so also with states that are rare."""
