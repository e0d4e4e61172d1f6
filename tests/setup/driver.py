"""The command with stores and providers of `fakes`: DRIVER PLACES WORD...

PLACES are the servers that an unknown domain announces: HOST:PORT, separated by commas.
"""

import sys

from pymail.commands.setup import discover, new_secret
from pymail.report import providers
from tests.setup import fakes


def main() -> None:
    found = [f"smtps://{place}" for place in filter(None, sys.argv[1].split(","))]
    sys.argv = ["pymail", *sys.argv[2:]]
    new_secret.open_store = fakes.Stores().store
    providers.PROVIDERS = fakes.PROVIDERS
    discover.announced_servers = lambda _domain, **_: found
    discover.usual_servers = lambda domain: []  # noqa: ARG005
    from pymail.main import run

    run()


if __name__ == "__main__":
    main()
