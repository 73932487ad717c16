"""The inventory service: one participant of the saga."""
