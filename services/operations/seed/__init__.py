"""`quartet seed`: stock on the shelves."""
