"""The runtime: batch in, few requests, batch out."""
