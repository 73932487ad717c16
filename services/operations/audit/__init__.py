"""The proof that stock and money add up: the five invariants of the saga, checked on the stored data."""
