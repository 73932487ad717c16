"""Who says events, besides the participants. No participant can have one of these names."""

from typing import Final

OUTSIDE: Final = "(outside)"
"""Those who begin sagas, or ask for something in them: front ends, and other systems."""

OPERATORS: Final = "(operators)"
"""Those who ask the participants to redrive dead letters, with the command line."""
