"""Where a secret is found."""
