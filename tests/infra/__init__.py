"""The infrastructure, compared with the code that runs on it."""
