"""The four participants of the saga. They never import each other."""
