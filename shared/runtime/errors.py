"""What can go wrong, classified once, by type.

A handler never catches: it lets these pass, and the runtime knows what each means.
"""


class TransientError(Exception):
    """It may work the next time: the runtime runs the handler again, with backoff and a bound.

    A port raises it for an outcome that it does not know (a time-out after the request was sent), too:
    an unknown outcome is looked up or repeated under the same idempotency key, never taken for a refusal.
    """


class ConflictError(Exception):
    """Somebody else wrote the document first: reload it and run the handlers again."""


class ConfigurationError(Exception):
    """A person must change something before this can run. The message is one line that says what and how."""


class OutageError(Exception):
    """A server that the service cannot work without is away, or too busy.

    Nothing is wrong with the event: the runtime waits and repeats for as long as it takes.
    """
