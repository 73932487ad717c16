"""The floor: what the same calls of the SDKs cost when no runtime makes them."""
