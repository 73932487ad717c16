"""What only a subscription or Docker can show: deploy, load, disturb, audit, report, remove. See docs/evidence.md."""
