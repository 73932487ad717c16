"""The projection in a file of SQLite."""
