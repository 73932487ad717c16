"""The image, built and run: in a root file system of its own, or by Docker Compose."""
