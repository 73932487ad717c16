"""How failures are met: retries during an outage, isolation of what fails for good, time limits, stalls."""
