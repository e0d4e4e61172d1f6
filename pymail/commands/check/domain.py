"""The stage `domain` of --check: the DNS records by which receivers judge a domain.

MX (RFC 5321 §5.1), SPF (RFC 7208), DMARC with its tree walk (RFC 9989), and reverse
DNS where mail is sent to the receiver's server directly. A missing record is a warning:
the server accepts the mail, but a receiver may refuse it.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from ipaddress import ip_address

from pymail.address.envelope import Envelope
from pymail.commands.check.findings import Findings
from pymail.commands.check.spf import MOST_LOOKUPS, Spf, SpfError
from pymail.commands.name_service import Ask, NameServiceError, asker, mail_hosts
from pymail.errors import install
from pymail.model import model
from pymail.report.providers import find_by_address, find_by_host, is_in
from pymail.settings.server_models import SmtpServer

STAGE = "domain"
SECONDS = 5.0
MOST_STEPS = 8  # of the tree walk (RFC 9989 §4.10)
SMTP_PORT = 25

# The SPF record that a provider wants to be included, from its manual. The other
# providers put an address of their own into the envelope, or have no such record.
SPF_OF_PROVIDERS: Mapping[str, str] = {
    "exmail.qq.com": "spf.mail.qq.com",
    "qiye.163.com": "spf.qiye.163.com",
    "qiye.aliyun.com": "spf.qiye.aliyun.com",
    "mxhichina.com": "spf.qiye.aliyun.com",
    "smtpdm.aliyun.com": "spf1.dm.aliyun.com",
    "smtp.gmail.com": "_spf.google.com",
    "smtp.office365.com": "spf.protection.outlook.com",
    "smtp.fastmail.com": "spf.messagingengine.com",
}


def check_domain(
    findings: Findings,
    server: SmtpServer,
    author: str,
    envelope: Envelope,
    *,
    ask: Ask | None = None,
) -> None:
    """Check the domain of `author`, and that of the envelope's sender.

    A mailbox provider's domain is not checked: its users can't change it.
    """
    author = author or envelope.reverse_path
    if "." not in _domain_of(author) or find_by_address(author):
        return
    findings.add(STAGE)
    try:
        with findings.step(STAGE):
            asked = cache(ask or asker(SECONDS))
            _Domain(findings, server, asked).check(author, envelope)
    except NameServiceError as error:
        if isinstance(error.__cause__, ImportError):
            findings.skip(STAGE, f"not checked: {install('dnspython')}")
        else:
            findings.tell(STAGE, f"{error}: the rest was not checked")


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


class _Domain:
    """The checks of the domains of one mail."""

    def __init__(self, findings: Findings, server: SmtpServer, ask: Ask) -> None:
        self._findings = findings
        self._server = server
        self._host = server.host.lower().rstrip(".")
        self._ask = ask

    def check(self, author: str, envelope: Envelope) -> None:
        """Check all records.

        Raises:
            NameServiceError: a query was not answered.
        """
        domain = _domain_of(author)
        sender = _domain_of(envelope.reverse_path) or domain
        self._check_mx(domain)
        self._check_spf(sender)
        self._check_dmarc(domain, sender)
        self._check_reverse(envelope)

    def _check_mx(self, domain: str) -> None:
        hosts = mail_hosts(domain, self._ask)
        if hosts == [""]:  # RFC 7505
            self._warn(f"{domain} accepts no mail (null MX)", "add an MX record")
        elif hosts:
            self._tell(f"{domain}: MX {', '.join(hosts[:3])}")
        elif self._addresses(domain):
            self._tell(f"{domain}: no MX record, but an address")
        else:
            words = f"{domain} has no MX record and no address: replies are lost"
            self._warn(words, "add an MX record")

    def _check_spf(self, domain: str) -> None:
        host = self._host
        included = next((n for h, n in SPF_OF_PROVIDERS.items() if is_in(host, h)), "")
        spf = Spf(self._ask)
        try:
            if spf.check(domain) == "none":
                term = f"include:{included}" if included else "mx"
                advice = f"add a TXT record at {domain}: v=spf1 {term} ~all"
                self._warn(f"{domain} has no SPF record", advice)
                return
            covered = included in spf.included if included else self._passes(domain)
        except SpfError as error:
            self._warn(
                f"SPF of {domain}: {error}", f"correct the TXT record of {domain}"
            )
            return
        if covered:
            used = f"{spf.lookups} of {MOST_LOOKUPS} lookups"
            fact = f"includes {included}" if included else f"allows {host}"
            self._tell(f"SPF of {domain} {fact} ({used})")
        elif included:
            advice = f"add include:{included} to the TXT record of {domain}"
            self._warn(f"SPF of {domain} does not include {included}", advice)
        elif spf.unsure or find_by_host(host):
            self._tell(f"SPF of {domain}: can't tell whether it allows {host}")
        else:
            advice = "add the server, or the address it sends from, to the TXT record"
            self._warn(f"SPF of {domain} does not allow {host}", advice)

    def _passes(self, domain: str) -> bool:
        """Tell whether an address of the server may send for the domain."""
        addresses = self._addresses(self._server.host)
        return any(Spf(self._ask, each).check(domain) == "pass" for each in addresses)

    def _check_dmarc(self, domain: str, sender: str) -> None:
        records = list(_records(domain, self._ask))
        found = _choose_policy(domain, records)
        if found is None:
            advice = f"add a TXT record at _dmarc.{domain}: v=DMARC1; p=none"
            self._warn(f"{domain} has no DMARC record", advice)
            return
        self._tell(f"DMARC at {found.place}: p={found.policy(domain)}")
        if domain == sender:
            return
        if found.tags.get("aspf", "r").lower() != "s":
            of_sender = list(_records(sender, self._ask))
            organization = _organizational(sender, of_sender)
            if organization == _organizational(domain, records):
                return
        words = f"From has {domain}, but the envelope {sender}: SPF fails for DMARC"
        self._warn(words, f"set smtp-from to an address of {domain}")

    def _check_reverse(self, envelope: Envelope) -> None:
        """Check this machine's reverse DNS if it sends to receivers directly."""
        address = self._direct_address(envelope)
        if not address:
            return
        if not ip_address(address).is_global:
            self._tell(f"{address} is not the address that receivers see")
            return
        names = self._ask(ip_address(address).reverse_pointer, "PTR")
        confirmed = [n for n in names if address in self._addresses(n.rstrip("."))]
        if confirmed:
            self._tell(f"reverse DNS of {address}: {confirmed[0].rstrip('.')}")
        else:
            words = f"{address} has no reverse DNS that resolves back to it"
            self._warn(words, "ask its provider for a PTR record, or use a mail server")

    def _direct_address(self, envelope: Envelope) -> str:
        """Return the address of this machine if the server is a recipient's own MX."""
        if self._server.login or self._server.port != SMTP_PORT:
            return ""
        domains = {_domain_of(path) for path in envelope.forward_paths}
        exchangers = (mail_hosts(each, self._ask) for each in sorted(domains))
        if not any(self._host in map(str.lower, hosts) for hosts in exchangers):
            return ""
        with suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.connect((self._host, SMTP_PORT))  # nothing is sent
            return str(probe.getsockname()[0])
        return ""

    def _addresses(self, host: str) -> list[str]:
        with suppress(ValueError):
            return [str(ip_address(host.strip("[]")))]
        return [each for kind in ("A", "AAAA") for each in self._ask(host, kind)]

    def _tell(self, fact: str) -> None:
        self._findings.tell(STAGE, fact)

    def _warn(self, problem: str, advice: str) -> None:
        self._findings.warn(STAGE, problem, advice=advice)


# ── DMARC ───────────────────────────────────────────────────────────────────


@model()
class _Policy:
    """A DMARC record: where it is, and its tags."""

    domain: str
    tags: Mapping[str, str]

    @property
    def place(self) -> str:
        """The name that has the record."""
        return f"_dmarc.{self.domain}"

    def policy(self, domain: str) -> str:
        """Return the policy for mail of this domain."""
        own = self.tags.get("p", "none")
        return own if domain == self.domain else self.tags.get("sp", own)


def _walk(domain: str) -> Iterator[str]:
    """Yield the domain and its parents, in the order of the tree walk."""
    labels = domain.split(".")
    yield domain
    for start in range(max(1, len(labels) - MOST_STEPS + 1), len(labels)):
        yield ".".join(labels[start:])


def _records(domain: str, ask: Ask) -> Iterator[_Policy]:
    """Yield the records that the tree walk finds, the nearest first."""
    for name in _walk(domain):
        texts = [t for t in ask(f"_dmarc.{name}", "TXT") if t.startswith("v=DMARC1")]
        if len(texts) == 1:
            pairs = (tag.partition("=") for tag in texts[0].split(";"))
            tags = {name.strip().lower(): value.strip() for name, _, value in pairs}
            yield _Policy(name, tags)
            if tags.get("psd", "u") != "u":
                return


def _choose_policy(domain: str, records: Sequence[_Policy]) -> _Policy | None:
    """Choose the record that counts: of the domain, or of its organizational domain."""
    if not records or records[0].domain == domain:
        return next(iter(records), None)
    top = _organizational(domain, records)
    return next((each for each in records if each.domain == top), records[-1])


def _organizational(domain: str, records: Sequence[_Policy]) -> str:
    """Return the organizational domain (RFC 9989 §4.10.2)."""
    if not records:
        return domain
    top, labels = records[-1], domain.split(".")
    if top.tags.get("psd") == "y" and top.domain != domain:
        return ".".join(labels[-top.domain.count(".") - 2 :])
    return top.domain
