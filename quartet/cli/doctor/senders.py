"""Whether a front end could say what only the participants may say."""

from collections.abc import Mapping
from typing import Final

from quartet.azure.settings import Settings
from quartet.cli.doctor.check import Verdict, doubtful, fine

TIER: Final = "QUARTET_TIER"
"""The size of the deployment. The infrastructure puts it out."""


async def check_senders(settings: Settings, environment: Mapping[str, str]) -> Verdict:
    """Whether what comes from outside has a hub of its own, in a deployment that is `prod`."""
    if settings.hub_layout == "one" and environment.get(TIER) == "prod":
        return doubtful(
            "all events are on one hub: each of its senders can say every event",
            "see docs/threat-model.md; azd env set HUB_LAYOUT inbound, as docs/deploy.md describes",
        )
    return fine(f"HUB_LAYOUT {settings.hub_layout}")
