"""The services as they run in the cloud: over TLS, with tokens instead of keys."""
