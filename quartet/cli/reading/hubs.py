"""The hubs of the application's deployment: where a tool sends to, and what it reads."""

from quartet.azure.event_hubs.deployed_hubs import deployed_hubs, settings_on
from quartet.azure.settings import Settings
from quartet.cli.application import choreography
from quartet.engine.declaration.hubs import Hubs


def hubs_of(settings: Settings) -> Hubs:
    """The hubs, as the settings say.

    Raises:
        ConfigurationError: the application cannot have this layout.
    """
    app = choreography()
    return deployed_hubs(settings, app.events, app.names)


def for_outside(settings: Settings) -> Settings:
    """What a client needs that publishes what comes from outside. Raises as `hubs_of` does."""
    return settings_on(settings, hubs_of(settings).of_outside)


def for_operators(settings: Settings) -> Settings:
    """What a client needs that sends requests of operators. Raises as `hubs_of` does."""
    return settings_on(settings, hubs_of(settings).of_operators)


def for_each(settings: Settings) -> dict[str, Settings]:
    """What a client of each hub needs, by the label of the hub (`Message.hub`). Raises as `hubs_of` does."""
    hubs = hubs_of(settings)
    return {hubs.label(hub): settings_on(settings, hub) for hub in hubs.all}


def for_said_by(settings: Settings, *participants: str) -> list[Settings]:
    """What a client needs of each hub to which some of these participants send. Raises as `hubs_of` does."""
    hubs = hubs_of(settings)
    written = dict.fromkeys(hubs.written_by(name) for name in participants)
    return [settings_on(settings, hub) for hub in written]


def hearers_of(settings: Settings, label: str) -> tuple[str, ...]:
    """The participants that hear a hub. Raises as `hubs_of` does."""
    hubs = hubs_of(settings)
    return tuple(one.name for one in choreography() if label in {hubs.label(hub) for hub in hubs.read_by(one)})
