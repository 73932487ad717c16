"""How far each consumer group is behind, and which partitions are stalled."""
