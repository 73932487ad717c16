"""The contracts of an application as documents, and what changed between two of them."""
