"""What is stored of a saga: its state, the answers that were given, and the line of its dead letters."""
