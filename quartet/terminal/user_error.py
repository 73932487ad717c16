"""What a person can get wrong."""


class UserError(Exception):
    """Something that a person can put right. The message is one line: what is wrong, and what to do."""
