"""The settings that a participant has for itself."""

from quartet.azure.environment import EnvironmentSettings, load
from quartet.azure.settings import Settings
from quartet.cli.doctor.check import Verdict, doubtful, fine


async def check_own_settings(kind: type[EnvironmentSettings], deployment: Settings) -> Verdict:
    """Whether they can be read, and whether the participant has doubts about them.

    Raises:
        ConfigurationError: they cannot be read.
    """
    own = load(kind)
    doubt = own.doubt(deployment)
    if doubt is not None:
        return doubtful(*doubt)
    return fine(", ".join(f"{name.upper()} {value}" for name, value in own.model_dump().items()))
