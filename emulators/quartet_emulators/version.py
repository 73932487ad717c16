"""The version of the emulators, in its only place."""

__version__ = "0.1.0"
