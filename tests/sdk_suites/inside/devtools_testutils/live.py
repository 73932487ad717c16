"""The suites run against servers, not against recordings."""


def is_live() -> bool:
    """Always; a suite may set attributes of this function."""
    return True
