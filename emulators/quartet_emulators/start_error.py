"""Why the emulators do not start."""


class StartError(Exception):
    """The emulators cannot start; the message is one line that says what a person can do."""
