"""The query language: text to tokens, to a tree, to closures."""
