"""The command line and the local supervisor."""
