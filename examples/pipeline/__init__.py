"""A pipeline: a file of readings is validated, loaded as Parquet, and published, or nothing of it is seen."""
