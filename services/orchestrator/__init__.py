"""The same saga, orchestrated: one function says what comes next, and what is undone."""
