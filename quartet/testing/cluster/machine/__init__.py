"""What everything runs on: processes that can be killed and paused, a virtual clock, a network, and a trace."""
