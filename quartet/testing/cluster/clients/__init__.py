"""What the SDKs' clients look like to a service, on servers in memory."""
