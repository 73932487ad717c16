"""`quartet publish`: events from outside into the hub."""
