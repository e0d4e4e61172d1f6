"""DNS queries with a deadline for all of them; the only importer of dnspython."""

import time
from collections.abc import Callable
from functools import cache

# (name, type of record) → the data of each record, as text without quotes
Ask = Callable[[str, str], list[str]]


class NameServiceError(Exception):
    """No answer: the library is not installed, no server answers, or one fails."""


def asker(seconds: float, name_server: tuple[str, int] | None = None) -> Ask:
    """Return a function that asks; `seconds` limits all its queries together.

    `name_server` is an address and port, None for those of the machine. A name or a
    type that does not exist is an empty answer.

    Raises:
        NameServiceError: the extra `autoconfig` is not installed; the function
            raises it without an answer.
    """
    try:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer, Resolver
    except ImportError as error:
        raise NameServiceError("dnspython is not installed") from error
    deadline = time.monotonic() + seconds

    @cache
    def resolver() -> Resolver:
        found = Resolver(configure=name_server is None)
        if name_server is not None:
            found.nameservers, found.port = [name_server[0]], name_server[1]
        return found

    def ask(name: str, kind: str) -> list[str]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NameServiceError(f"no answer about {name} in {seconds:g} seconds")
        try:
            answer = resolver().resolve(f"{name}.", kind, lifetime=left)
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError, UnicodeError) as error:
            raise NameServiceError(f"no answer about {name}") from error
        return [_text(record, kind) for record in answer]

    return ask


def mail_hosts(domain: str, ask: Ask) -> list[str]:
    """Return the hosts of the MX records, the preferred first; "" is that of a null MX."""
    records = sorted(ask(domain, "MX"), key=lambda record: int(record.split()[0]))
    return [record.split()[-1].rstrip(".") for record in records]


def _text(record: object, kind: str) -> str:
    if kind == "TXT":  # RFC 7208 §3.3: its strings are joined without a blank
        strings: tuple[bytes, ...] = record.strings  # type: ignore[attr-defined] # of TXT
        return b"".join(strings).decode("utf-8", "replace")
    return str(record)
