"""The shipping service: one participant of the saga."""
