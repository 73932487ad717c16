"""Tests of the cluster of `quartet.testing`."""
