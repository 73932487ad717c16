"""What runs inside the environment of the SDKs' suites: our plugin, and stand-ins for packages that are in no index."""
