"""The emulators, seen through the real SDKs and on the wire."""
