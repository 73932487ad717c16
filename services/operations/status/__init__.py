"""`quartet status`: where each saga is, and which are stuck."""
