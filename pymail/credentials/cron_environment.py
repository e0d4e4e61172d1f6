"""Lookup of a secret with cron's environment, in a process of its own.

Cron has no session: no D-Bus and so no unlocked keyring, no terminal, and four
variables. What it finds is told by its place; the secret stays where it is.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pymail.credentials import isolated_call, netrc, secret_file
from pymail.credentials.base import Found, Missing, Source
from pymail.credentials.isolated_call import Words
from pymail.credentials.keyring import Keyring
from pymail.environment import Environment
from pymail.model import field, model, replace
from pymail.settings.models import Lookup
from pymail.settings.server_models import Login

_PLACE = "place"
_OWN_SECONDS = 20  # for what needs none unless a disk is gone


@model()
class CronLookup:
    """The place that has the secret, or why each of them does not, by its name."""

    place: str = ""
    misses: Mapping[str, str] = field(default_factory=dict)


def cron_variables(environment: Environment) -> Mapping[str, str]:
    """Return the variables that cron gives a job of this user (crontab(5))."""
    return {
        "HOME": str(environment.home),
        "LOGNAME": environment.login,
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
    }


def look(environment: Environment, lookup: Lookup, user: str, host: str) -> CronLookup:
    """Look for the secret of `user` at `host` where pymail keeps them, as cron."""
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
    if isinstance(answer, Missing):
        return CronLookup(misses={"the try": answer.reason})
    if _PLACE in answer:
        return CronLookup(answer[_PLACE])
    return CronLookup(misses=answer)


def answer(question: Words) -> Words:
    """Look in every place, in the process that has cron's environment."""
    system = Path(question["system"])
    environment = replace(Environment.real(), system_rc_directory=system)
    misses: Words = {}
    for name, source in _sources(environment, question).items():
        found = source(Login(user=question["user"]), question["host"])
        if isinstance(found, Found):
            return {_PLACE: found.place}
        misses[name] = found.reason
    return misses


def _sources(environment: Environment, question: Words) -> dict[str, Source]:
    own, system = secret_file.own_files(environment)
    return {
        "credentials file": own.find,
        "system credentials file": system.find,
        "netrc": partial(netrc.find, Path(question["netrc"])),
        "keyring": Keyring(environment, float(question["seconds"])).find,
    }
