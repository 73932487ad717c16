"""The compose file, the image and the workflows, checked without Docker."""
