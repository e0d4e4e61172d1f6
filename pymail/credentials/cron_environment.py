"""Lookup of a secret with cron's environment, in a process of its own.

Cron has no session: no D-Bus and so no unlocked keyring, no terminal, and four
variables. What it finds is told by its place; the secret stays where it is.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pymail.credentials import isolated_call, netrc, secret_file
from pymail.credentials.base import Found, Missing
from pymail.credentials.isolated_call import Words
from pymail.credentials.keyring import Keyring
from pymail.environment import Environment
from pymail.model import replace
from pymail.settings.models import Lookup
from pymail.settings.server_models import Login

_OWN_SECONDS = 20  # for what needs none unless a disk is gone


def cron_variables(environment: Environment) -> Mapping[str, str]:
    """Return the variables that cron gives a job of this user (crontab(5))."""
    return {
        "HOME": str(environment.home),
        "LOGNAME": environment.login,
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
    }


def look(environment: Environment, lookup: Lookup, user: str, host: str) -> str:
    """Return the place where cron finds the secret of `user` at `host`, or ""."""
    question = {
        "user": user,
        "host": host,
        "netrc": str(lookup.netrc),
        "seconds": str(lookup.keyring_seconds),
        "system": str(environment.system_rc_directory),
    }
    answer = isolated_call.ask(
        "cron_environment",
        question,
        variables=cron_variables(environment),
        seconds=lookup.keyring_seconds + _OWN_SECONDS,
    )
    return "" if isinstance(answer, Missing) else answer["place"]


def answer(question: Words) -> Words:
    """Look in every place, in the process that has cron's environment."""
    system_directory = Path(question["system"])
    environment = replace(Environment.real(), system_rc_directory=system_directory)
    own, system = secret_file.own_files(environment)
    login, host = Login(user=question["user"]), question["host"]
    for find in (
        own.find,
        system.find,
        partial(netrc.find, Path(question["netrc"])),
        Keyring(environment, float(question["seconds"])).find,
    ):
        found = find(login, host)
        if isinstance(found, Found):
            return {"place": found.place}
    return {"place": ""}
