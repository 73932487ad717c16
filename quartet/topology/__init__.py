"""Who says what to whom, as the tables of the participants have it: rules that hold before a run, and pictures."""
