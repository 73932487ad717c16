"""The contracts between the services: envelope, event models, registry, derived ids."""
