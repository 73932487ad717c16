"""The saga with real processes: emulators, services, kills."""
