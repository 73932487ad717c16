"""The tests of the trip, written with `quartet.testing` alone."""
