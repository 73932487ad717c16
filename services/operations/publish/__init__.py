"""`quartet publish` and `quartet cancel`."""
