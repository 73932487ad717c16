"""The command line, a package per feature."""
