"""Tests of the contracts as documents, and of what a change of them breaks."""
