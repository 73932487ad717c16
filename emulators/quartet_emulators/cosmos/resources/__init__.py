"""What an account is made of: databases, containers with their policies, and offers."""
