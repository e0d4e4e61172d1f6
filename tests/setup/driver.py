"""The command with stores and providers of `fakes`: DRIVER PLACES WORD...

PLACES are the servers that a domain nobody knows announces, HOST:PORT, with commas.
"""

import sys

from pymail.commands.setup import discover, new_secret
from pymail.report import providers
from tests.setup import fakes


def nothing(domain: str) -> list[discover.Place]:  # noqa: ARG001 - as `usual_places`
    return []


def main() -> None:
    places = [word.partition(":") for word in filter(None, sys.argv[1].split(","))]
    found = [discover.Place(host, int(port), implicit=True) for host, _, port in places]
    sys.argv = ["pymail", *sys.argv[2:]]
    new_secret.open_store = fakes.Stores().store
    providers.PROVIDERS = fakes.PROVIDERS
    discover.announced_places = lambda _domain, **_: found
    discover.usual_places = nothing
    from pymail.main import run

    run()


if __name__ == "__main__":
    main()
