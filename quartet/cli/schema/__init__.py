"""`quartet schema`: the contracts, as documents and as a gate."""
