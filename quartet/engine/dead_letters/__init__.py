"""Dead letters as an operator meets them, and how they are redriven or discarded."""
