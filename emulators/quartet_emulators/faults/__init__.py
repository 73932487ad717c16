"""Faults that the emulators inject on demand: which, where, how often; seeded, so that a run repeats."""

from quartet_emulators.faults.injector import NO_FAULTS, Injector
from quartet_emulators.faults.reading import FaultsError, Plan, read_plan
from quartet_emulators.faults.rule import Rule

__all__ = ["NO_FAULTS", "FaultsError", "Injector", "Plan", "Rule", "read_plan"]
