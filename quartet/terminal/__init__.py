"""Output for people: tables, lines of processes, errors in one line."""
