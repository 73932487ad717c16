"""`quartet check` and `quartet graph`."""
