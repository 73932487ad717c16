"""The page on a whole stack in real processes: emulators, four services, and the console."""
