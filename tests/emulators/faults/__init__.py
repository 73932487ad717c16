"""Faults that the emulators inject, seen by the real clients."""
