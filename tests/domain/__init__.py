"""Tests of the services' rules."""
