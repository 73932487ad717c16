"""How the shop is operated: its own commands of `quartet`, and what they read."""
