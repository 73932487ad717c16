"""Running recorded sagas through the present handlers, and comparing what they say with what was said. See ADR 31."""
