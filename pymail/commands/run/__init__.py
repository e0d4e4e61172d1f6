"""--run: run a command, mail its result, and remember its reports."""
