"""Short forms of plans."""

from typing import Any

from quartet_emulators.faults import Injector, read_plan


def injector(server: str, fault: str, *, seed: int = 1, **fields: Any) -> Injector:  # noqa: ANN401 - a rule's fields
    """An injector with one rule."""
    made = Injector(server)
    switch_on(made, fault, seed=seed, **fields)
    return made


def switch_on(injector: Injector, fault: str, *, seed: int = 1, **fields: Any) -> None:  # noqa: ANN401 - see above
    """Put one rule in place of all that are there."""
    plan = read_plan({"seed": seed, "rules": [{"server": injector.server, "fault": fault, **fields}]})
    injector.replace(plan.rules, plan.seed)
