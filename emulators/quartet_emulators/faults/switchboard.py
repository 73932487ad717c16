"""All faults of a running stack, to be switched on, off and counted in one place."""

from typing import Any

from quartet_emulators.faults.catalogue import KINDS
from quartet_emulators.faults.injector import Injector
from quartet_emulators.faults.reading import Plan


class Switchboard:
    """One injector per emulator, fed from one plan."""

    def __init__(self) -> None:
        self.seed = 0
        self.injectors = {server: Injector(server) for server in KINDS}

    def switch_on(self, plan: Plan) -> None:
        """Replace the plan."""
        self.seed = plan.seed
        for injector in self.injectors.values():
            injector.replace(plan.rules, plan.seed)

    def switch_off(self) -> None:
        """Inject no more faults. What was injected stays counted."""
        self.switch_on(Plan(self.seed))

    def report(self) -> dict[str, Any]:
        """The rules with their counts, and by server what was injected since the start."""
        injectors = self.injectors.values()
        return {
            "seed": self.seed,
            "rules": [live.as_json() for injector in injectors for live in injector.rules],
            "injected": {injector.server: dict(sorted(injector.injected.items())) for injector in injectors},
        }
