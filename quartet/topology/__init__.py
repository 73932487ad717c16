"""The edges between participants, from their tables: rules that need no run, and pictures."""
