"""What the four services share: the contracts of their events, in `shared.events`."""
