"""The hubs of a deployment, from its settings."""

from collections.abc import Collection

from quartet.azure.settings import Settings
from quartet.engine.declaration.hubs import Hub, Hubs
from quartet.engine.errors import ConfigurationError
from quartet.events import Registry


def deployed_hubs(settings: Settings, events: Registry, participants: Collection[str]) -> Hubs:
    """The hubs of an application with these events, as `HUB_LAYOUT` and the names of the hubs say.

    Raises:
        ConfigurationError: the application cannot have this layout, or a name is wrong.
    """
    try:
        return Hubs(
            events,
            layout=settings.hub_layout,
            main=settings.event_hub_name,
            inbound=settings.inbound_hub_name,
            participants=participants,
        )
    except ValueError as error:
        raise ConfigurationError(f"HUB_LAYOUT={settings.hub_layout}: {error}") from error


def settings_on(settings: Settings, hub: Hub) -> Settings:
    """The same settings with this hub for `EVENT_HUB_NAME`: what a client of this hub is made with."""
    return settings if hub.name == settings.event_hub_name else settings.model_copy(update={"event_hub_name": hub.name})
