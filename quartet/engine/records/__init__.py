"""The record of a saga: its state, its recorded answers, and the queue of its dead letters."""
