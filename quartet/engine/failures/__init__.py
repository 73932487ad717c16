"""Failures: retries during an outage, isolation of permanent errors, time limits, stalls."""
