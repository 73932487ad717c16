"""Errors of a person."""


class UserError(Exception):
    """An error that a person can fix. The message is one line: what is wrong, and what to do."""
