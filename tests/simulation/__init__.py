"""The whole system in one process, on a clock that jumps: every run repeats exactly from its seed."""
