"""The shop's own commands of `quartet`, and their readings."""
