"""`quartet bench`: the cost of a saga of the application on this machine, and its latency."""
