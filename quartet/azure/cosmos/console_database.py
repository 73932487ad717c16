"""The layout of the console's own database. `infra/saga.json` has it too, and `quartet doctor` compares."""

from typing import Final

from quartet.engine.declaration.participant import DEPLOYMENT, ContainerSpec

DATABASE: Final = "console"
SAGAS: Final = ContainerSpec("sagas", expires=True, sorted_by=("/opened", "/saga"))
CONTAINERS: Final = (SAGAS, DEPLOYMENT)

BUCKETS: Final = 16
"""Fewer than the services have: what a batch changes in one bucket is one write, and 16 hold 320 GB."""

VARIABLE: Final = "QUARTET_CONSOLE"
"""`true` if the deployment has a console; the infrastructure puts it out."""
