"""The emulators as processes: one for each of them, and one that starts, asks and ends them."""
