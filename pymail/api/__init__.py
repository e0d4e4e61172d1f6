"""Sending mail from Python; `pymail` itself has the names."""
