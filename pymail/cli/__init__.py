"""The command line, where the program listens."""
