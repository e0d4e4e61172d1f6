"""--run: run a command, mail its outcome, remember."""
