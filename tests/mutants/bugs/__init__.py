"""The bugs that are planted. Each is one that a developer could write, and would not notice in a demo."""

from typing import Final

from tests.mutants.bugs.azure import AZURE
from tests.mutants.bugs.engine import ENGINE
from tests.mutants.bugs.services import SERVICES

MUTANTS: Final = (*AZURE, *ENGINE, *SERVICES)
