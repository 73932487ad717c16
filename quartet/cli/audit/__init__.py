"""What every audit is made of: findings, how they are shown, and which of them last."""
