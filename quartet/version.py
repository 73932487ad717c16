"""The version of Quartet, in its only place."""

__version__ = "0.1.0"
