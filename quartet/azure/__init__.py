"""The Azure SDKs behind the engine's ports."""
