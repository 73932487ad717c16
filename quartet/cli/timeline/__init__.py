"""`quartet timeline`: the events of one saga."""
