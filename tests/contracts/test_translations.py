"""Every sentence that people read has a Chinese one, and the catalogue has no other."""

import errno
import os
import re
from collections.abc import Iterable, Mapping
from functools import cache

import pytest

from pymail.report import translate as translations
from pymail.report.delivery_report import Fate, describe_fate
from pymail.report.translate import CHINESE, translate
from tests.report.test_translate import CATALOGUE, SENTENCES
from tests.sentences import HOLE, found_in_sources, words, words_of_sources

# What people at a terminal do not read, and why it stays English.
ENGLISH_MODULES = {
    "__init__.py": "errors of Python programs",
    "api/": "errors of Python programs",
    "model.py": "errors of Python programs",
    "secret.py": "errors of Python programs",
}
# Parts of sentences that have entries as a whole.
PARTS = {
    "SPF of {} has {} ({})",
    "{} of {} look-ups",
    "{}, on this machine",
    "the server {} STARTTLS",
    "offers no",
    "smtp-auth names it",
    "the first that both support",
    "under TLS",
    "{} and is ignored",
    "{} fails: {}",
    "{} at {}",
    "{}: MX {}",
    "aiosmtpd trustme",
    "cryptography --upgrade",
    "full, headers",
    "#{} filename:",
    "{} sender {}> {}",
    "{} sender {}> {}: {}",
    "{} message {}",
    "{} message {}: {}",
    "{}{} for {}",
    "(backup: {})",
    "{} of {} lookups",
    "the login would be {}",
    "includes {}",
    "allows {}",
}
# Words of other programs: the system's messages and those of OpenSSL.
FOREIGN = (
    *(os.strerror(number).lower() for number in errno.errorcode),
    "self-signed certificate",
    "self-signed certificate in certificate chain",
    "certificate has expired",
    "certificate is not yet valid",
    "unable to get local issuer certificate",
    "hostname mismatch, certificate is not valid for '{}'",
    "ip address mismatch, certificate is not valid for '{}'",
    "wrong version number",
    "unsupported protocol",
)
NAME = re.compile(r"--?[a-z][a-z-]+|\b(?:smtp|tls|smime|mta)-[a-z-]+")
FILLED = "9"
WORD = re.compile(r"[A-Za-z]{2,}[ ,;]|[ (][A-Za-z]{2,}")


def _composed() -> Iterable[str]:
    """Lines that are put together from words while they are made."""
    yield "the server does not accept the login, with {}"
    yield from ("MAIL {} at {}", "RCPT {} at {}", "DATA at {}", "RSET at {}")
    yield "{} no answer yet"
    yield from (f"{{}} {words}" for words in FOREIGN if f"{{}} {words}" in CATALOGUE)
    yield from ("FAILED", "IPv4 fails", "IPv6 fails")
    for fate in set(Fate) - {Fate.ACCEPTED}:
        for peer in ("", HOLE):
            words = describe_fate(fate, peer, None)
            yield from (words, f"{HOLE} {words}", f"message {words}")
            yield f"sender {HOLE}> {words}"


@cache
def marked() -> Mapping[str, str]:
    """A catalogue with numbers in brackets for translations, and their holes."""
    holes = (range(english.count(HOLE)) for english in CATALOGUE)
    return {
        english: f"〔{n}〕" + "".join(f"{{{hole}}}" for hole in each)
        for n, (english, each) in enumerate(zip(CATALOGUE, holes, strict=True))
    }


@pytest.fixture(autouse=True)
def marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "catalogue", lambda _: marked())
    monkeypatch.setattr(
        translations, "_patterns", cache(translations._patterns.__wrapped__)
    )


def test_every_sentence_that_is_shown_is_translated() -> None:
    found = found_in_sources(tuple(ENGLISH_MODULES))
    found |= dict.fromkeys(_composed(), "terminal/lines.py")
    left = {
        f"{place}: {english}": translate(english.strip().replace(HOLE, FILLED), CHINESE)
        for english, place in sorted(found.items())
        if english.strip() not in PARTS and "\n" not in english
    }
    assert [e for e, there in left.items() if WORD.search(NAME.sub("", there))] == []


def test_catalogue_has_no_sentence_that_nobody_says() -> None:
    found = [*found_in_sources(), *_composed(), *SENTENCES, *FOREIGN]
    seen = " ".join(translate(text.replace(HOLE, FILLED), CHINESE) for text in found)
    used = set(map(int, re.findall("〔([0-9]+)〕", seen)))
    left = [e for n, e in enumerate(CATALOGUE) if n not in used]
    said = words_of_sources()  # of tables, and of what is put together while it is made
    assert [e for e in left if not any(words(e) <= each for each in said)] == []
