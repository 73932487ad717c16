"""`quartet trace`: the trace of a past saga, made again from the hubs."""
