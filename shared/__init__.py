"""The shared part of the four services: the contracts of their events, in `shared.events`."""
