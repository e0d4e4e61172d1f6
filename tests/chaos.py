"""Chaos: many senders, a server with every fault, and SIGKILL at random.

Then the fate of every recipient of every mail is checked. `python -m tests.chaos SEED`
runs the large test; a small one is among the usual tests.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pymail.outbox.directory import Outbox
from pymail.outbox.journal import RemainingRecipients
from tests.delivery.conftest import OFFER
from tests.scripted import CLOSE, Server

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 120
KILLED = -9
LAST_FLUSHES = 30

# Faults per thousand replies of each kind.
CONNECTING = {"421 4.3.2 full": 15, CLOSE: 15, "220 <slow>": 40}
MAIL = {"451 4.3.0 later": 15, CLOSE: 10, f"421 bye {CLOSE}": 5}
RCPT = {"450 4.2.1 later": 40, "550 5.1.1 no such user": 20, CLOSE: 10}
DATA = {"451 4.3.0 later": 10, "554 5.3.0 no": 5, CLOSE: 10}
DOT = {
    "451 4.3.0 later": 30,
    "554 5.7.1 no": 10,
    CLOSE: 15,
    f"250 taken {CLOSE}": 15,
    "250 taken <slow>": 40,
}
KILLING = {"RCPT": 20, "DATA": 20, ".": 60}
_TABLES = {"greeting": CONNECTING, "MAIL": MAIL, "RCPT": RCPT, "DATA": DATA, ".": DOT}
_USUAL = {"greeting": "220 here", "DATA": "354 go on", ".": "250 taken"}


class Moody:
    """Replies of the server: most of them are right.

    `kill` gets the number of a mail during its transaction, and kills its sender
    immediately.
    """

    def __init__(self, seed: int, kill: Callable[[int], None]) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._kill = kill
        self._here = threading.local()  # the number of the mail in this session
        self.seen: set[int] = set()  # the numbers of mails that were tried
        self.calm = False

    def __call__(self, line: str) -> str | None:
        if self.calm:
            return None
        verb = line.partition(" ")[0]
        if number := re.search(r"<u(\d+)-", line):
            self._here.number = int(number[1])
            self.seen.add(int(number[1]))
        if verb in KILLING and self._chosen({"kill": KILLING[verb]}):
            self._kill(getattr(self._here, "number", -1))
        reply = self._chosen(_TABLES.get(verb, {}))
        if reply is not None and "<slow>" in reply:
            threading.Event().wait(self._pause())
            return _USUAL[verb]
        return reply

    def _chosen(self, table: Mapping[str, int]) -> str | None:
        with self._lock:
            dice = self._random.randrange(1000)
        for reply, often in table.items():
            dice -= often
            if dice < 0:
                return reply
        return None

    def _pause(self) -> float:
        with self._lock:
            return self._random.random() / 3


@dataclass(frozen=True)
class Case:
    """A mail, and the exit status of its process."""

    number: int
    recipients: tuple[str, ...]
    status: int

    @property
    def subject(self) -> str:
        return f"chaos-{self.number}-"


@dataclass
class Account:
    """The fate of every recipient of every mail, and the errors in it."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        rows = [f"{name:62} {n:6}" for name, n in sorted(self.counts.items())]
        return "\n".join([*rows, *(f"WRONG: {each}" for each in self.wrong)])


class Chaos:
    """One run, below a directory of its own."""

    def __init__(self, home: Path, seed: int, mails: int, senders: int) -> None:
        self.home = home
        self.box = home / "box"
        self._seed = seed
        self._mails = mails
        self._senders = senders
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._moods = Moody(seed, self._kill)
        self._server = Server(self._moods, OFFER)
        self._flushing = True
        self.statuses: Counter[str] = Counter()
        (home / ".mailrc").write_text(
            f"set outbox={self.box} from=me@example.com\n"
            f"set smtp=127.0.0.1:{self._server.port} smtp-timeout=10\n"
        )

    def run(self) -> Account:
        """Send, kill and flush; then flush without faults, and count."""
        flushers = [
            threading.Thread(target=self._flush_all_the_time, args=(n,))
            for n in range(2)
        ]
        for each in flushers:
            each.start()
        with ThreadPoolExecutor(self._senders) as pool:
            cases = list(pool.map(self._send, range(self._mails)))
        self._flushing = False
        for each in flushers:
            each.join()
        self._moods.calm = True
        self._flush_the_rest()
        self._server.stop()
        return self._account(cases)

    def _send(self, number: int) -> Case:
        dice = random.Random(self._seed * 1_000_003 + number)
        to = tuple(
            f"u{number}-{n}@example.com" for n in range(dice.choice((1, 1, 1, 2, 3)))
        )
        kill_after = 0.1 + dice.random() if dice.random() < 0.3 else None
        words = ("-s", f"chaos-{number}-", *to)
        status = self._ended(words, kill_after, b"text %d\n" % number, number)
        self.statuses[f"status {status}"] += 1
        return Case(number, to, status)

    def _kill(self, number: int) -> None:
        if process := self._running.get(number):
            process.kill()

    def _flush_all_the_time(self, number: int) -> None:
        dice = random.Random(self._seed + number)
        while self._flushing:
            kill_after = dice.random() * 2 if dice.random() < 0.5 else None
            status = self._ended(("--flush", "--now"), kill_after)
            self.statuses[f"flush {status}"] += 1
            threading.Event().wait(dice.random() / 2)

    def _flush_the_rest(self) -> None:
        for _ in range(LAST_FLUSHES):
            if not any(each.waiting or each.lost for _, each in self._remaining()):
                return
            self._ended(("--flush", "--now"), None)

    def _ended(
        self,
        words: tuple[str, ...],
        kill_after: float | None,
        text: bytes = b"",
        number: int = -1,
    ) -> int:
        process = subprocess.Popen(
            [sys.executable, "-m", "pymail", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            # without coverage, which hinders the kill
            env={"HOME": str(self.home), "MAILX_NO_SYSTEM_RC": "1", "LC_ALL": "C"},
        )
        self._running[number] = process
        assert process.stdin
        with suppress(BrokenPipeError):
            process.stdin.write(text)
            process.stdin.close()
        try:
            return process.wait(PATIENCE_SECONDS if kill_after is None else kill_after)
        except subprocess.TimeoutExpired:
            if kill_after is None:
                self.statuses["hung"] += 1
            process.kill()
            return process.wait()

    # What became of them

    def _remaining(self) -> Iterator[tuple[str, RemainingRecipients]]:
        """Yield subject and open recipients of each mail in the outbox."""
        outbox = Outbox(self.box)
        for name in outbox.names():
            mail = outbox.peek(name)
            if mail is not None:
                with mail:
                    content = b"".join(mail.message.chunks())
                    yield _subject(content.decode()), mail.remaining

    def _account(self, cases: list[Case]) -> Account:
        account = Account(Counter(self.statuses))
        found = Found(tried=self._moods.seen)
        for taken in self._server.taken:
            subject = _subject(taken.content.decode())
            found.accepted.update((subject, path) for path in taken.recipients)
        for subject, remaining in self._remaining():
            left = (*remaining.waiting, *remaining.lost)
            found.unknown.update((subject, path) for path in remaining.unknown)
            found.waiting.update((subject, path) for path in left)
        found.dead.update(_dead(self.home / "dead.letter"))
        for case in cases:
            for path in case.recipients:
                _count(case, (case.subject, path), found, account)
        if damaged := Outbox(self.box).damaged():
            account.wrong.append(f"damaged: {damaged}")
        if account.counts["hung"]:
            account.wrong.append("a process hung")
        return account


Key = tuple[str, str]  # a mail, by its subject, and one of its recipients


@dataclass
class Found:
    """Where mails were found in the end."""

    accepted: Counter[Key] = field(default_factory=Counter)
    unknown: set[Key] = field(default_factory=set)
    waiting: set[Key] = field(default_factory=set)
    dead: set[Key] = field(default_factory=set)
    tried: set[int] = field(default_factory=set)


def _count(case: Case, key: Key, found: Found, account: Account) -> None:
    accepted, unknown = found.accepted[key], key in found.unknown
    waiting, dead = key in found.waiting, key in found.dead
    what = {
        "accepted once": accepted == 1 and not unknown,
        "accepted once, and marked as possible duplicate": accepted == 1 and unknown,
        "marked as possible duplicate, and not accepted": not accepted and unknown,
        "refused, dead letter": not accepted and dead,
        "still waiting": not accepted and waiting,
        "killed before it was kept": case.status == KILLED
        and case.number not in found.tried,
    }
    wrong = {
        f"accepted {accepted} times": accepted > 1,
        "accepted, and kept as if it were not": accepted and (waiting or dead),
        "status 0, and not accepted": case.status == 0 and not accepted,
        "still waiting": waiting and not accepted,
        f"lost, status {case.status}": not any(what.values()) and not accepted,
    }
    account.wrong += [f"{key}: {words}" for words, is_so in wrong.items() if is_so]
    first = next((words for words, is_so in what.items() if is_so), "wrong")
    account.counts[f"recipients: {first}"] += 1


def _subject(content: str) -> str:
    found = re.search(r"^Subject: (.*?)\r?$", content, re.MULTILINE)
    return found[1] if found else ""


def _dead(place: Path) -> Iterator[tuple[str, str]]:
    """Yield the recipients of each dead letter."""
    if not place.exists():
        return
    for entry in re.split(r"(?m)^From (?=\S+ \w{3} \w{3} )", place.read_text())[1:]:
        header = entry.partition("\n\n")[0]
        for name in ("X-Envelope-To", "To"):
            found = re.search(rf"^{name}: ((?:.*\n[ \t])*.*)", header, re.MULTILINE)
            if found:
                for path in re.split(r",\s*", found[1].strip()):
                    yield _subject(header), path
                break


def main(seed: int, mails: int = 2000, senders: int = 20) -> int:
    """Run the large test and print its result."""
    with tempfile.TemporaryDirectory(prefix="pymail-chaos-") as name:
        account = Chaos(Path(name), seed, mails, senders).run()
        print(f"seed {seed}: {mails} mails, {senders} senders at a time\n{account}")  # noqa: T201
        if account.wrong and os.environ.get("KEEP"):
            Path(name).rename(f"{name}.kept")
            Path(name).mkdir()
    return 1 if account.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
