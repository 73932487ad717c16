"""The disk and the memory that hold items, and the indexes of their values."""
