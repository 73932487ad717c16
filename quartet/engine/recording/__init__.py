"""Recording what the ports of a handler answered, so that the handler can be run again without them. See ADR 31."""
