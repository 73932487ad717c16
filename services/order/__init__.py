"""The order service: one participant of the saga."""
