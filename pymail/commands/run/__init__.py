"""--run: run a command, mail its result, and remember what was mailed."""
