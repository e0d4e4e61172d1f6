"""Sender Policy Framework (RFC 7208): which servers may send mail of a domain."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from pymail.commands.name_service import Ask, mail_hosts

MOST_LOOKUPS = 10  # §4.6.4; receivers stop there
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_TERM = re.compile(
    r"([-+~?]?)([a-z][a-z0-9_.-]*)(?:([:=])([^/]*))?(/[0-9]+)?(//[0-9]+)?"
)


class SpfError(Exception):
    """Receivers can't use the record (`permerror`)."""


class Spf:
    """One evaluation for the `address` of a server.

    Without an address nothing matches, and every record is followed: `included` has
    their domains. `unsure`: a term was skipped that depends on the mail.
    """

    def __init__(self, ask: Ask, address: str = "") -> None:
        self._ask = ask
        self._address: IPv4Address | IPv6Address | None = None
        if address:
            self._address = ip_address(address)
        self.lookups = 0
        self.included: list[str] = []
        self.unsure = False

    def check(self, domain: str) -> str:
        """Return pass, fail, softfail, neutral, or none if there is no record.

        Raises:
            SpfError: there are two records, too many lookups, or an unknown term.
            NameServiceError: a name server doesn't answer.
        """
        texts = self._ask(domain, "TXT")
        records = [text for text in texts if re.match(r"(?i)v=spf1(?: |\Z)", text)]
        if len(records) > 1:
            raise SpfError(f"{domain} has {len(records)} SPF records")
        if not records:
            return "none"
        redirect = ""
        for term in records[0].lower().split()[1:]:
            found = _TERM.fullmatch(term)
            if found is None:
                raise SpfError(f"{domain}: unknown term {term!r}")
            qualifier, name, separator, argument, *lengths = found.groups(default="")
            if separator == "=":
                redirect = argument if name == "redirect" else redirect
            elif self._matches(name, argument, lengths, domain):
                return _RESULTS[qualifier or "+"]
        return self._follow(redirect) if redirect else "neutral"

    def _matches(
        self, name: str, argument: str, lengths: list[str], domain: str
    ) -> bool:
        """Tell whether a mechanism has the address (§5); `lengths` as in /24//64."""
        if "%" in argument or name in ("exists", "ptr"):
            self._count()
            self.unsure = True
            return False
        match name:
            case "all":
                return self._address is not None
            case "ip4" | "ip6":
                return self._is_in(argument, lengths[0])
            case "include":
                return self._follow(argument) == "pass"
            case "a" | "mx":
                self._count()
                return self._is_host(name, argument or domain, lengths)
            case _:
                raise SpfError(f"{domain}: unknown mechanism {name!r}")

    def _follow(self, domain: str) -> str:
        self._count()
        self.included.append(domain)
        result = self.check(domain)
        if result == "none":
            raise SpfError(f"{domain} is included, but has no SPF record")
        return result

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise SpfError(f"more than {MOST_LOOKUPS} DNS lookups are needed")

    def _is_host(self, name: str, host: str, lengths: list[str]) -> bool:
        if self._address is None:
            return False
        hosts = mail_hosts(host, self._ask) if name == "mx" else [host]
        kind, length = "A", lengths[0]
        if self._address.version == 6:
            kind, length = "AAAA", lengths[1].removeprefix("/")
        found = (each for host in hosts if host for each in self._ask(host, kind))
        return any(self._is_in(each, length) for each in found)

    def _is_in(self, address: str, length: str) -> bool:
        try:
            network = ip_network(f"{address}{length}", strict=False)
        except ValueError as error:
            raise SpfError(f"{address}{length} is not a network") from error
        return self._address is not None and self._address in network
