"""The payment service: one participant of the saga."""
