"""`python -m pymail` is the command."""

from pymail.cli.main import run

run()
