"""The infrastructure, and the programs that its workflow runs."""
