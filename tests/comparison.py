"""Compare pymail with its peers again: `python -m tests.comparison [--page]`.

Each installed program sends small mails to servers on this machine that refuse, offer
TLS or only listen; a cell has the result. comparison.json stores the cells, also of
programs that are not installed here; --page writes it and, from it, the table of
man/comparison.md. All connections are on loopback.
"""

import base64
import email
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click

from tests.benchmarks.apart import throwaway_certificate
from tests.benchmarks.calls import Call
from tests.benchmarks.measure import Spent, spend
from tests.benchmarks.programs import Installed, installed, pymail_command
from tests.benchmarks.sink import Offer, Sink
from tests.benchmarks.units import memory
from tests.pages import MAN
from tests.scripted import serving

KEPT = Path(__file__).with_name("comparison.json")
PAGE = MAN / "comparison.md"
BEGIN = "<!-- measured: written by python -m tests.comparison --page -->"
END = "<!-- measured: end -->"
LIMIT_SECONDS = 20

HOST, SENDER = "localhost", "me@example.com"
PASSWORD = "Frobnicate4711"
TEXT = "words that are nowhere else\n"
ONE, BOTH = ("user0@example.com",), ("user0@example.com", "user1@example.com")


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One mail, its server, and a directory that is the home of the program."""

    port: int
    directory: Path
    recipients: tuple[str, ...] = ONE
    text: str = TEXT
    implicit_tls: bool = False
    login: bool = False
    trace: bool = False

    def file(self, name: str, content: str) -> Path:
        path = self.directory / name
        path.touch(0o600)
        path.write_text(content, "utf-8")
        return path

    def message(self) -> Path:
        header = f"From: {SENDER}\nTo: {self.recipients[0]}\nSubject: Subject\n"
        return self.file("message", f"{header}\n{self.text}")


# ── each program with its defaults ──────────────────────────────────────────


def pymail(errand: Errand) -> Call:
    return _mailx(errand, "--debug")


def heirloom(errand: Errand) -> Call:
    return _mailx(errand, "-v")


def _mailx(errand: Errand, trace: str) -> Call:
    scheme = "smtps" if errand.implicit_tls else "smtp"
    lines = [f"from={SENDER}", f"smtp={scheme}://{HOST}:{errand.port}"]
    if errand.login:
        lines.append(f"smtp-auth=plain smtp-auth-user={SENDER}")
        lines.append(f"smtp-auth-password={PASSWORD}")
    return _with_settings(errand, lines, [trace] if errand.trace else [])


def s_nail(errand: Errand) -> Call:
    scheme = "smtps" if errand.implicit_tls else "smtp"
    login = f"{SENDER.replace('@', '%40')}:{PASSWORD}@" if errand.login else ""
    lines = [
        "v15-compat",
        f"from={SENDER}",
        f"mta={scheme}://{login}{HOST}:{errand.port}",
        f"smtp-auth={'plain' if errand.login else 'none'}",
    ]
    return _with_settings(errand, lines, ["-v", "-v"] if errand.trace else [])


def _with_settings(errand: Errand, lines: list[str], words: list[str]) -> Call:
    settings = errand.file("mail.rc", "".join(f"set {line}\n" for line in lines))
    words = ["-n", *words, "-s", "Subject", *errand.recipients]
    dead = str(errand.directory / "dead.letter")  # s-nail asks passwd for its home
    variables = {"MAILRC": str(settings), "DEAD": dead}
    return Call(words, errand.file("text", errand.text), variables)


def msmtp(errand: Errand) -> Call:
    lines = [f"account default\nhost {HOST}\nport {errand.port}\nfrom {SENDER}"]
    if errand.login:
        lines.append(f"auth plain\nuser {SENDER}\npassword {PASSWORD}")
    if errand.implicit_tls:
        lines.append("tls on\ntls_starttls off")
    settings = errand.file("msmtprc", "\n".join(lines) + "\n")
    words = ["--debug"] if errand.trace else []
    return Call([*words, "-C", str(settings), *errand.recipients], errand.message())


def swaks(errand: Errand) -> Call:
    words = ["--server", f"{HOST}:{errand.port}", "--from", SENDER]
    words += ["--to", ",".join(errand.recipients), "--header", "Subject: Subject"]
    words += ["--body", errand.text.rstrip()]
    words += ["--tlsc"] if errand.implicit_tls else []
    if errand.login:
        words += ["--auth", "PLAIN", "--auth-user", SENDER]
        words += ["--auth-password", PASSWORD]
    return Call(words, errand.file("text", errand.text))


def curl(errand: Errand) -> Call:
    scheme = "smtps" if errand.implicit_tls else "smtp"
    words = ["-v"] if errand.trace else ["-s", "-S"]
    words += ["--url", f"{scheme}://{HOST}:{errand.port}", "--mail-from", SENDER]
    for recipient in errand.recipients:
        words += ["--mail-rcpt", recipient]
    if errand.login:
        words += ["--user", f"{SENDER}:{PASSWORD}", "--login-options", "AUTH=PLAIN"]
    message = errand.message()
    return Call([*words, "-T", str(message)], message)


CALLS: Mapping[str, Callable[[Errand], Call]] = {
    "pymail": pymail,
    "heirloom": heirloom,
    "s-nail": s_nail,
    "msmtp": msmtp,
    "swaks": swaks,
    "curl": curl,
}


def run(program: Installed, errand: Errand, locale: str = "C.UTF-8") -> Spent:
    call = CALLS[program.program.name](errand)
    return spend(
        [program.command, *call.words],
        call.stdin,
        errand.directory,
        {**call.variables, "LC_ALL": locale},
        LIMIT_SECONDS,
    )


# ── measurements ────────────────────────────────────────────────────────────


def one_refused(program: Installed, place: Path) -> str:
    with serving({"RCPT TO:<user1": "550 5.1.1 no such user"}) as server:
        errand = Errand(port=server.port, directory=place, recipients=BOTH)
        spent = run(program, errand)
    got = "the other gets it" if server.recipients else "neither gets it"
    return f"{got}; {spent.status}"


def login_refused(program: Installed, place: Path) -> str:
    with serving({"AUTH": "535 5.7.8 authentication failed"}) as server:
        errand = Errand(port=server.port, directory=place, login=True)
        spent = run(program, errand)
    tries = sum(verb.upper() == "AUTH" for verb in server.verbs)
    return f"{spent.status}; {tries} {'try' if tries == 1 else 'tries'}"


def unsent(program: Installed, place: Path) -> str:
    with serving({".": "550 5.7.1 no"}) as server:
        run(program, Errand(port=server.port, directory=place))
    ours = {"output", "text", "message", "mail.rc", "msmtprc"}
    files = [file for file in place.rglob("*") if file.is_file()]
    texts = [file.read_bytes() for file in files if file.name not in ours]
    kept = any(TEXT.strip().encode() in text for text in texts)
    return "kept" if kept else "not kept"


def starttls_offered(program: Installed, place: Path) -> str:
    answers = {"EHLO": "250-here\n250-STARTTLS\n250 8BITMIME", "STARTTLS": "454 no"}
    with serving(answers) as server:
        run(program, Errand(port=server.port, directory=place))
    return "used" if "STARTTLS" in server.verbs else "not used"


def issuer_unknown(program: Installed, place: Path) -> str:
    with tempfile.TemporaryDirectory() as apart:
        certificate = throwaway_certificate(Path(apart))
        with Sink(Offer(certificate=certificate, implicit_tls=True)) as sink:
            run(program, Errand(port=sink.port, directory=place, implicit_tls=True))
            return "sent" if sink.take().messages else "not sent"


def password_in_trace(program: Installed, place: Path) -> str:
    with Sink(Offer(login=True)) as sink:
        errand = Errand(port=sink.port, directory=place, login=True, trace=True)
        said = run(program, errand).said
        assert sink.take().messages, said
    plain = f"\0{SENDER}\0{PASSWORD}".encode()
    if PASSWORD in said:
        return "in clear"
    return "in base64" if base64.b64encode(plain).decode() in said else "never"


def charset(program: Installed, place: Path) -> str:
    with serving() as server:
        text = "Grüße 你好\n"
        run(program, Errand(port=server.port, directory=place, text=text), "C")
    if not server.contents:
        return "not sent"
    message = email.message_from_bytes(server.contents[0])
    if "Content-Type" not in message:
        return "without a charset"
    named = message.get_content_charset() or ""
    return "UTF-8 text" if named == "utf-8" else f"{message.get_content_type()} {named}"


def memory_used(program: Installed, place: Path) -> str:
    with Sink(Offer()) as sink:
        spent = run(program, Errand(port=sink.port, directory=place))
    return memory(spent.peak_octets)


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    see: Callable[[Installed, Path], str]


ROWS = (
    Row("one-refused", "server refuses one of two recipients", one_refused),
    Row("login", "login refused", login_refused),
    Row("unsent", "unsent mail", unsent),
    Row("starttls", "STARTTLS, if offered", starttls_offered),
    Row("issuer", "TLS required, issuer unknown", issuer_unknown),
    Row("trace", "password in a trace", password_in_trace),
    Row("charset", "UTF-8 text under `LC_ALL=C`", charset),
    Row("memory", "memory for a small mail", memory_used),
)

# additions from the manuals: the setting that changes it, in brackets
NOTES: Mapping[tuple[str, str], str] = {
    ("one-refused", "heirloom"): "[sendwait] 1",
    ("one-refused", "curl"): "[--mail-rcpt-allowfails: the other; 0]",
    ("unsent", "pymail"): "[outbox: retried]",
    ("unsent", "s-nail"): "in place of the last one",
    ("starttls", "heirloom"): "[smtp-use-starttls]",
    ("starttls", "s-nail"): "[smtp-use-starttls]",
    ("starttls", "msmtp"): "[tls on]",
    ("starttls", "swaks"): "[-tlso]",
    ("starttls", "curl"): "[--ssl]",
    ("trace", "swaks"): "[-ahp: never]",
    ("charset", "s-nail"): "[ttycharset=utf-8]",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """The results of a program, its version, and the date."""

    version: str
    date: str
    cells: Mapping[str, str]


def see(program: Installed, rows: Iterable[Row] = ROWS) -> dict[str, str]:
    cells = {}
    for row in rows:
        with tempfile.TemporaryDirectory(prefix="comparison-") as place:
            cells[row.name] = row.see(program, Path(place))
    return cells


# ── the table ───────────────────────────────────────────────────────────────


def load() -> dict[str, Column]:
    if not KEPT.exists():
        return {}
    return {
        name: Column(**column) for name, column in json.loads(KEPT.read_text()).items()
    }


def keep(columns: Mapping[str, Column]) -> None:
    read = {name: asdict(column) for name, column in columns.items()}
    KEPT.write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n", "utf-8")


def markdown(columns: Mapping[str, Column]) -> str:
    """Write the table, and the versions below it."""
    names = [name for name in CALLS if name in columns]
    titles = ["mailx 12.5" if name == "heirloom" else name for name in names]
    lines = [f"| | {' | '.join(titles)} |", "|---" * (len(names) + 1) + "|"]
    for row in ROWS:
        cells = (_cell(row.name, name, columns[name]) for name in names)
        lines.append(f"| {row.title} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", _caption(columns), ""])


def _cell(row: str, name: str, column: Column) -> str:
    note = NOTES.get((row, name), "")
    return f"{column.cells.get(row, '–')} {note}".rstrip()


def _caption(columns: Mapping[str, Column]) -> str:
    days: dict[str, list[str]] = {}
    for name, column in columns.items():
        title = "Heirloom mailx" if name == "heirloom" else name
        days.setdefault(column.date, []).append(f"{title} {column.version}")
    parts = [f"{', '.join(days[day])} on {_day(day)}" for day in sorted(days)[::-1]]
    return "; ".join(parts) + "."


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def table_of(page: str) -> str:
    """The table that is in the page."""
    return page.partition(BEGIN)[2].partition(END)[0].removeprefix("\n")


@click.command(help=__doc__)
@click.option("--page", is_flag=True, help="Write comparison.json and the page.")
def main(*, page: bool) -> None:
    columns = load()
    today = datetime.now(UTC).date().isoformat()
    for name, program in installed(list(CALLS), pymail_command()).items():
        cells = see(program)
        columns[name] = Column(version=program.version, date=today, cells=cells)
    click.echo(markdown(columns))
    if page:
        keep(columns)
        text = PAGE.read_text("utf-8")
        new = f"{text.partition(BEGIN)[0]}{BEGIN}\n{markdown(columns)}{END}{text.partition(END)[2]}"
        PAGE.write_text(new, "utf-8")


if __name__ == "__main__":
    main()
