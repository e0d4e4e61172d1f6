"""The command line: arguments, options, completion."""
