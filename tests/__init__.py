"""Tests of Quartet."""
