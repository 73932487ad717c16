"""The tests of the pipeline, written with `quartet.testing` alone."""
