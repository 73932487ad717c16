"""The shop, orchestrated, as one object: the same events, samples and commands, and one service in place of four."""

from dataclasses import replace
from typing import Final

from services.orchestrator.service import SERVICE
from services.shop import SHOP

ORCHESTRATED: Final = replace(
    SHOP,
    name="shop-orchestrated",
    participants=(),
    services=(SERVICE,),
    emulators=frozenset({"durable-tasks"}),
    styles={},
    on_start="services.operations.seed.seeding:provision_and_fill_shelves",
)
