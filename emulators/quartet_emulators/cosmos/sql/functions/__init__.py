"""The system functions of the query language."""
