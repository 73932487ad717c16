class Clock:
    """A clock that the test moves; it starts in 2027 with a fraction, which time stamps do not have."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.75

    def __call__(self) -> float:
        return self.now
