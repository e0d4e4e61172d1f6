"""The stage `domain` says what receivers miss in a domain's DNS."""

import errno
from collections.abc import Mapping
from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.commands.check.domain import SPF_OF_PROVIDERS, check_domain
from pymail.commands.check.findings import Findings, Stage, Verdict
from pymail.commands.check.spf import Spf, SpfError
from pymail.commands.name_service import NameServiceError
from pymail.report.providers import find_by_host
from pymail.settings.server_models import SmtpServer
from tests.check.servers import ASKED, BYE, GREETED, HELLO, PLAIN

Zone = Mapping[str, list[str]]
SERVER = "mail.example.net"
ADDRESS = "198.51.100.9"
WELL = {
    "example.org MX": ["10 mx.example.org."],
    "example.org TXT": ["v=spf1 mx ip4:198.51.100.0/24 -all", "other=1"],
    "_dmarc.example.org TXT": ["v=DMARC1; p=reject"],
    f"{SERVER} A": [ADDRESS],
}


def asker(zone: Zone) -> Any:
    def ask(name: str, kind: str) -> list[str]:
        found = zone.get(f"{name} {kind}", [])
        if found == ["SERVFAIL"]:
            raise NameServiceError(f"no answer about {name}")
        return found

    return ask


def stage(
    zone: Zone,
    *,
    host: str = SERVER,
    author: str = "me@example.org",
    sender: str = "me@example.org",
    to: tuple[str, ...] = ("ops@example.com",),
    port: int = 465,
) -> Stage:
    findings = Findings((), lambda: 0.0)
    server = SmtpServer(host=host, port=port, hello_name="x")
    envelope = Envelope(reverse_path=sender, forward_paths=to)
    check_domain(findings, server, author, envelope, ask=asker(zone))
    return findings["domain"]


def texts(found: Stage) -> str:
    return "\n".join((found.problem, *found.facts, found.next_step))


def test_domain_that_has_all_is_well() -> None:
    found = stage(WELL)
    assert found.verdict is Verdict.OK
    assert found.facts == (
        "example.org: MX mx.example.org",
        f"SPF of example.org allows {SERVER} (1 of 10 lookups)",
        "DMARC at _dmarc.example.org: p=reject",
    )


NO_RECORD = "no SPF record"
EXMAIL = {"host": "smtp.exmail.qq.com"}
TENCENT = {"spf.mail.qq.com TXT": ["v=spf1 ip4:203.0.113.0/24 -all"]}


@pytest.mark.parametrize(
    ("zone", "more", "words"),
    [
        pytest.param({"example.org MX": ["0 ."]}, {}, "accepts no mail (null MX)", id="null-mx"),
        pytest.param({"example.org MX": []}, {}, "no MX record and no address", id="no-mx"),
        pytest.param({"example.org TXT": []}, {}, NO_RECORD, id="no-spf"),
        pytest.param({"example.org TXT": []}, {}, "v=spf1 mx ~all", id="spf-to-add"),
        pytest.param({"example.org TXT": []}, EXMAIL, "v=spf1 include:spf.mail.qq.com ~all", id="spf-of-provider-to-add"),
        pytest.param({"example.org TXT": ["v=spf1 -all"]}, {}, f"does not allow {SERVER}", id="spf-without"),
        pytest.param({"example.org TXT": ["v=spf1 -all"]}, EXMAIL, "does not include spf.mail.qq.com", id="spf-without-provider"),
        pytest.param({"example.org TXT": ["v=spf1 mx", "v=spf1 a"]}, {}, "has 2 SPF records", id="two"),
        pytest.param({"example.org TXT": ["v=spf1 mx include:gone.example -all"]}, {}, "gone.example is included, but has no SPF record", id="include-of-nothing"),
        pytest.param({"example.org TXT": ["v=spf1 ipv4:1.2.3.4 -all"]}, {}, "unknown mechanism 'ipv4'", id="misspelt"),
        pytest.param({"example.org TXT": ["v=spf1 ip4:1.2.3 -all"]}, {}, "1.2.3 is not a network", id="no-address"),
        pytest.param({"example.org TXT": ["v=spf1 ip4:1.2.3.4, -all"]}, {}, "not a network", id="comma"),
        pytest.param({"example.org TXT": ["v=spf1 _ -all"]}, {}, "unknown term", id="no-term"),
        pytest.param({"example.org TXT": ["v=spf1 " + "a " * 11]}, {}, "more than 10 DNS lookups", id="too-many"),
        pytest.param({"_dmarc.example.org TXT": []}, {}, "v=DMARC1; p=none", id="no-dmarc"),
        pytest.param({}, {"sender": "x@other.example"}, "SPF fails for DMARC", id="not-aligned"),
    ],
)  # fmt: skip
def test_missing_or_wrong_record_is_a_warning_with_the_next_step(
    zone: Zone, more: dict[str, Any], words: str
) -> None:
    found = stage({**WELL, **zone}, **more)
    assert found.verdict is Verdict.WARNING
    assert words in texts(found)
    assert found.exit_status == 0
    assert found.next_step


@pytest.mark.parametrize(
    ("zone", "more", "words"),
    [
        pytest.param({"example.org MX": [], "example.org A": ["192.0.2.1"]}, {}, "no MX record, but an address", id="address"),
        pytest.param({"example.org TXT": ["v=spf1 include:spf.mail.qq.com ~all"], **TENCENT}, EXMAIL, "SPF of example.org includes spf.mail.qq.com", id="provider"),
        pytest.param({"example.org TXT": ["v=spf1 redirect=spf.mail.qq.com"], **TENCENT}, EXMAIL, "includes spf.mail.qq.com", id="redirect"),
        pytest.param({}, {"host": "smtp.mailgun.org"}, "can't tell", id="provider-without-record"),
        pytest.param({"example.org TXT": ["v=spf1 exists:%{i}.x.example -all"]}, {}, "can't tell", id="macro"),
        pytest.param({}, {"host": "198.51.100.3"}, "SPF of example.org allows 198.51.100.3", id="server-by-address"),
        pytest.param({}, {"sender": ""}, "SPF of example.org allows", id="null-sender"),
        pytest.param({"_dmarc.example.org TXT": ["v=DMARC1; p=none; sp=reject"], "a.example.org MX": ["1 mx."], "a.example.org TXT": ["v=spf1 ip4:198.51.100.9"]},
                     {"author": "me@a.example.org", "sender": "me@a.example.org"}, "DMARC at _dmarc.example.org: p=reject", id="policy-of-parent"),
        pytest.param({"bounce.example.org TXT": ["v=spf1 ip4:198.51.100.9"]}, {"sender": "x@bounce.example.org"}, "p=reject", id="aligned-below"),
    ],
)  # fmt: skip
def test_record_that_serves_is_a_fact(
    zone: Zone, more: dict[str, Any], words: str
) -> None:
    found = stage({**WELL, **zone}, **more)
    assert found.verdict is Verdict.OK
    assert words in texts(found)


def test_strict_alignment_wants_the_same_domain() -> None:
    zone = {**WELL, "_dmarc.example.org TXT": ["v=DMARC1; p=none; aspf=s"]}
    zone["bounce.example.org TXT"] = ["v=spf1 ip4:198.51.100.9"]
    found = stage(zone, sender="x@bounce.example.org")
    assert "SPF fails for DMARC" in found.problem


def test_public_suffix_is_no_organizational_domain() -> None:
    zone = {
        **WELL,
        "_dmarc.org TXT": ["v=DMARC1; p=none; psd=y"],
        "other.org TXT": ["v=spf1 ip4:198.51.100.9"],
    }
    assert "SPF fails for DMARC" in stage(zone, sender="x@other.org").problem


def test_tree_walk_of_a_long_name_skips_the_middle() -> None:
    labels = [f"l{n}" for n in range(10)]
    domain = ".".join([*labels, "example", "org"])
    asked: list[str] = []

    def ask(name: str, kind: str) -> list[str]:
        asked.append(name)
        return WELL.get(f"{name} {kind}", [])

    findings = Findings((), lambda: 0.0)
    server, envelope = (
        SmtpServer(host=SERVER, port=465, hello_name="x"),
        Envelope(reverse_path=f"me@{domain}", forward_paths=("ops@example.com",)),
    )
    check_domain(findings, server, f"me@{domain}", envelope, ask=ask)
    walked = [name for name in asked if name.startswith("_dmarc.")]
    assert len(walked) == 8
    assert walked[0] == f"_dmarc.{domain}"
    assert walked[1].startswith("_dmarc.l5.")
    assert "DMARC at _dmarc.example.org: p=reject" in findings["domain"].facts


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["host.example.net."], "reverse DNS of 9.9.9.9: host.example.net"),
        (["wrong.example.net."], "9.9.9.9 has no reverse DNS that resolves back to it"),
        ([], "9.9.9.9 has no reverse DNS that resolves back to it"),
    ],
)
def test_reverse_dns_counts_where_mail_is_sent_to_the_receiver_directly(
    monkeypatch: pytest.MonkeyPatch, names: list[str], words: str
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: None)
    monkeypatch.setattr("socket.socket.getsockname", lambda _: ("9.9.9.9", 1))
    zone = {
        **WELL,
        "example.com MX": [f"10 {SERVER}."],
        "9.9.9.9.in-addr.arpa PTR": names,
        "host.example.net A": ["9.9.9.9"],
    }
    assert words in texts(stage(zone, port=25))
    assert words not in texts(stage(zone, port=587))


@pytest.mark.parametrize("there", [True, False], ids=["unreachable", "elsewhere"])
def test_reverse_dns_is_not_looked_up_without_a_way_to_the_receiver(
    monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr("socket.socket.connect", refuse)
    zone = {**WELL, "b.example MX": [f"10 {SERVER}."] if there else []}
    found = stage(zone, port=25, to=("a@a.example", "b@b.example"))
    assert "reverse DNS" not in texts(found)


def test_address_behind_nat_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: None)
    monkeypatch.setattr("socket.socket.getsockname", lambda _: ("192.168.1.2", 1))
    zone = {**WELL, "example.com MX": [f"10 {SERVER}."]}
    assert (
        "192.168.1.2 is not the address that receivers see"
        in stage(zone, port=25).facts
    )


@pytest.mark.parametrize("author", ["me@163.com", "root@localhost", "root"])
def test_domain_that_its_user_cannot_change_is_not_looked_at(author: str) -> None:
    found = stage({}, author=author, sender=author)
    assert found.verdict is Verdict.SKIPPED


def test_name_server_that_fails_leaves_the_rest_unsaid() -> None:
    found = stage({**WELL, "_dmarc.example.org TXT": ["SERVFAIL"]})
    assert found.verdict is Verdict.OK
    assert (
        found.facts[-1]
        == "no answer about _dmarc.example.org: the rest was not checked"
    )


def test_without_the_library_the_stage_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "dns.exception", None)
    findings = Findings((), lambda: 0.0)
    server, envelope = (
        SmtpServer(host=SERVER, port=465, hello_name="x"),
        Envelope(reverse_path="me@example.org", forward_paths=("ops@example.com",)),
    )
    check_domain(findings, server, "me@example.org", envelope)
    assert findings["domain"].verdict is Verdict.SKIPPED
    assert "-m pip install dnspython" in findings["domain"].facts[0]


def test_providers_that_want_to_be_included_are_known_providers() -> None:
    assert all(find_by_host(host) for host in SPF_OF_PROVIDERS)


# ── SPF ─────────────────────────────────────────────────────────────────────

ZONE = {
    "x.org TXT": ["v=spf1 a:h.x.org/24 mx include:y.org ?exists:%{i}.x.org ~all"],
    "y.org TXT": [
        "V=SPF1 ip6:2001:db8::/32 -ip4:192.0.2.7 ip4:192.0.2.0/24 exp=e.y.org"
    ],
    "h.x.org A": ["198.51.100.200"],
    "x.org MX": ["10 mx.x.org."],
    "mx.x.org A": ["203.0.113.5"],
    "mx.x.org AAAA": ["2001:db8:1::5"],
    "m6.org TXT": ["v=spf1 mx:x.org//64 -all"],
    "m6.org MX": [],
}


@pytest.mark.parametrize(
    ("domain", "address", "result"),
    [
        ("x.org", "198.51.100.1", "pass"),
        ("x.org", "203.0.113.5", "pass"),
        ("x.org", "203.0.113.6", "softfail"),
        ("x.org", "192.0.2.8", "pass"),
        ("x.org", "192.0.2.7", "softfail"),
        ("x.org", "2001:db8::1", "pass"),
        ("y.org", "192.0.2.7", "fail"),
        ("y.org", "203.0.113.1", "neutral"),
        ("m6.org", "2001:db8:1::6", "pass"),
        ("m6.org", "203.0.113.5", "pass"),
        ("m6.org", "203.0.113.6", "fail"),
        ("none.org", "192.0.2.1", "none"),
    ],
)
def test_spf_has_an_address_as_receivers_read_it(
    domain: str, address: str, result: str
) -> None:
    assert Spf(asker(ZONE), address).check(domain) == result


def test_records_that_include_each_other_end() -> None:
    zone = {"x.org TXT": ["v=spf1 include:x.org -all"]}
    with pytest.raises(SpfError, match="more than 10"):
        Spf(asker(zone)).check("x.org")


# ── as a stage ──────────────────────────────────────────────────────────────


def test_stage_is_the_last_one_of_a_server_elsewhere(
    checking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymail.transport.handshake.is_local", lambda _sock: False)
    monkeypatch.setattr("pymail.commands.check.domain.asker", lambda _: asker({}))
    found = checking(f"{GREETED}{HELLO}{ASKED}{BYE}", login=None)
    assert list(found)[-1] == "domain"
    assert found["domain"].verdict is Verdict.WARNING


def test_domain_is_not_looked_at_for_a_server_on_this_machine(checking: Any) -> None:
    assert "domain" not in checking(f"{PLAIN}{ASKED}{BYE}")
