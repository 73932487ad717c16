"""What a person sees: tables, lines of processes, errors in one line."""
