"""Faults that the emulators inject on demand: which, where, how often; seeded, so that a run repeats."""

from emulators.faults.injector import NO_FAULTS, Injector
from emulators.faults.reading import FaultsError, Plan, read_plan
from emulators.faults.rule import Rule
from emulators.faults.switchboard import Switchboard

__all__ = ["NO_FAULTS", "FaultsError", "Injector", "Plan", "Rule", "Switchboard", "read_plan"]
