"""Tests of the printing house."""
