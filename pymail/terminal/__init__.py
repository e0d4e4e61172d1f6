"""Output for terminals, logs and pipes."""
