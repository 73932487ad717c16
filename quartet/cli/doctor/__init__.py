"""Is a deployment as the services need it? Asked from outside, with the environment's settings, changing nothing."""
