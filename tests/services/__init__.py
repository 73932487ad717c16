"""The adapters behind the ports of the services."""
