"""The Event Hubs emulator."""
