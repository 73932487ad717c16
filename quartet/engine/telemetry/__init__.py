"""What a participant reports about its work: spans, as plain values, and the port that takes them. It knows no SDK."""
