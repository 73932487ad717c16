"""What turns a received batch into records, answers and dead letters. It knows no SDK, only ports."""
