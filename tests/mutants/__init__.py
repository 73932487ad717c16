"""Planted bugs: each must be found by the simulation, or the simulation is worth nothing."""
