"""What a participant runs on: receive, load, handle, group-commit, publish, checkpoint."""
