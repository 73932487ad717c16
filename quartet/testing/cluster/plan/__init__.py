"""A run as data: what is published, what goes wrong, and the limits of the servers."""
