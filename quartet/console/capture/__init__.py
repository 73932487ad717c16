"""The files of Event Hubs Capture: what the hub no longer holds."""
