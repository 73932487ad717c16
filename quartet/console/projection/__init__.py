"""The projection: what the console keeps of every saga, so that a page is one look and not a reading of the hub."""
