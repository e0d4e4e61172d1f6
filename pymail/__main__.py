"""`python -m pymail` is the command."""

from pymail.main import run

run()
