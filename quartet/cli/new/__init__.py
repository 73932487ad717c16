"""`quartet new` and `quartet new-participant`: a project that works, to begin with."""
