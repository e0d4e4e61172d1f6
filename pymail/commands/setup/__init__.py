"""Setup, login and logout: ask, verify, write the settings, store the secret."""
