"""Lines about results, and their renderers: plain and coloured."""

import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.errors import (
    AuthenticationError,
    ConnectError,
    ConnectionLostError,
    Interrupted,
    RefusedError,
    SettingsError,
)
from pymail.model import replace
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.report.exit_status import ExitStatus, exit_status_for
from pymail.report.explain import explain_failure
from pymail.report.status_codes import Advice
from pymail.terminal import lines, renderer
from pymail.terminal.lines import LINE_CHARACTERS, Line, Setting
from pymail.terminal.renderer import Plain, Renderer, for_stdout
from pymail.terminal.rich_output import Pretty
from tests.terminal.test_output import terminal

PEER = "smtp.163.com:465"
UNKNOWN_USER = Reply(550, ("no such user",), (5, 1, 1))
BUSY = Reply(450, ("busy",))
SPAM = Reply(554, ("DT:SPM",))


def texts(said: Iterable[Line]) -> list[str]:
    return [line.text for line in said]


def _row(n: int, fate: Fate, reply: Reply | None = None) -> RecipientFate:
    return RecipientFate(f"{n}@example.com", fate, reply)


def test_a_failure_has_cause_meaning_next_step_and_place() -> None:
    error = AuthenticationError(
        "refused",
        doing=f"logging in to {PEER}",
        reply=Reply(535, ("Error: authentication failed",)),
    )
    advice = explain_failure(error, PEER)
    assert texts(lines.describe_failure(error, advice, "/root/dead.letter")) == [
        f"pymail: logging in to {PEER}: refused: 535 Error: authentication failed",
        f"  {advice.meaning}",
        f"  what to do: {advice.next_step}",
        "pymail: message kept in /root/dead.letter",
    ]


def test_a_failure_without_advice_is_one_line() -> None:
    assert texts(lines.describe_failure(SettingsError("~/.mailrc:3: bad line"))) == [
        "pymail: ~/.mailrc:3: bad line"
    ]
    assert texts(lines.describe_failure(Interrupted(2), Advice(""))) == [
        "pymail: interrupted"
    ]


def test_a_line_has_an_end() -> None:
    line = lines.problem_line("x" * 2 * LINE_CHARACTERS)
    assert len(line.text) == LINE_CHARACTERS
    assert line.text.endswith("x…")


def test_server_words_are_shown_once() -> None:
    error = RefusedError(f"refused: {SPAM}", reply=SPAM)
    assert texts(lines.describe_failure(error)) == ["pymail: refused: 554 DT:SPM"]


def test_a_complete_report_has_no_lines() -> None:
    assert texts(lines.describe_report(Report(fates=(_row(1, Fate.ACCEPTED),)))) == []


def test_a_report_names_refused_recipients_and_reasons() -> None:
    rows = (
        _row(1, Fate.ACCEPTED, Reply(250)),
        _row(2, Fate.REFUSED, UNKNOWN_USER),
        _row(3, Fate.DEFERRED, BUSY),
        _row(4, Fate.UNKNOWN),
    )
    assert texts(lines.describe_report(Report(fates=rows, peer=PEER), PEER)) == [
        f"pymail: 2@example.com refused by {PEER}: 550 5.1.1 no such user",
        f"pymail: 3@example.com not accepted now by {PEER}: 450 busy",
        f"pymail: 4@example.com unknown whether accepted by {PEER}",
        "  there is no such mailbox at that domain",
        "  what to do: check the recipient's address",
        "  the server has a problem of its own, or is busy",
        "  what to do: try again later; if it stays, tell those who run that server",
    ]


def test_refused_sender_is_no_refused_recipient() -> None:
    said = replace(Reply(550, ("no",)), answers="MAIL FROM:<me@example.com> SIZE=22")
    rows, first = (_row(1, Fate.REFUSED, said),), "1@example.com"
    assert texts(lines.describe_report(Report(fates=rows, peer=PEER), PEER)) == [
        f"pymail: sender <me@example.com> refused by {PEER}: 550 no (for {first})",
        "  the server does not take the sender, or no mail from this machine",
        (
            "  what to do: read the server's words; check `from` (and -r): it must be an"
            " address that can get mail"
        ),
    ]
    assert exit_status_for(Report(fates=rows)) == ExitStatus.UNAVAILABLE
    unknown = replace(UNKNOWN_USER, answers="MAIL FROM:<me@example.com>")
    report = Report(fates=(_row(1, Fate.REFUSED, unknown),))
    assert exit_status_for(report) == ExitStatus.UNAVAILABLE


def test_refused_message_is_no_refused_recipient() -> None:
    said = replace(SPAM, answers="DATA")
    rows = (_row(1, Fate.REFUSED, said),)
    first, *_ = texts(lines.describe_report(Report(fates=rows, peer=PEER), PEER))
    assert first == f"pymail: message refused by {PEER}: {SPAM} (for 1@example.com)"


def test_the_same_reply_for_many_is_shown_once() -> None:
    rows = tuple(_row(n, Fate.REFUSED, SPAM) for n in range(1000))
    said = texts(lines.describe_report(Report(fates=rows)))
    assert said[0].startswith("pymail: refused: 554 DT:SPM (for 0@example.com, 1@")
    assert said[0].endswith("9@example.com and 990 more)")
    assert len(said) == 3


def test_a_thousand_different_refusals_are_shown_in_part() -> None:
    rows = tuple(
        _row(n, Fate.REFUSED, Reply(500 + n % 60, (f"no {n}",))) for n in range(1000)
    )
    said = texts(lines.describe_report(Report(fates=rows), "smtp.example.com"))
    assert said[10] == "pymail: and 990 more"
    assert len(said) <= 20


def test_the_failure_is_shown_for_the_recipients_it_left_out() -> None:
    failure = ConnectionLostError("closed", doing="sending the message")
    everybody = Report.from_failure(("a@example.com", "b@example.com"), failure)
    assert (
        texts(lines.describe_report(everybody))[0]
        == "pymail: sending the message: closed"
    )
    assert "not sent to" not in "".join(texts(lines.describe_report(everybody)))

    rows = (
        _row(1, Fate.REFUSED, UNKNOWN_USER),
        _row(2, Fate.DEFERRED),
        _row(3, Fate.DEFERRED),
    )
    said = texts(lines.describe_report(Report(fates=rows, failure=failure)))
    assert said[:3] == [
        "pymail: 1@example.com refused: 550 5.1.1 no such user",
        "pymail: sending the message: closed",
        "pymail: not sent to 2@example.com, 3@example.com",
    ]


def test_a_failure_that_left_no_recipient_out_is_not_shown() -> None:
    rows = (_row(1, Fate.REFUSED, UNKNOWN_USER), _row(2, Fate.ACCEPTED))
    report = Report(fates=rows, failure=ConnectionLostError("closed"))
    assert "closed" not in "".join(texts(lines.describe_report(report)))


def test_accepted_names_server_and_queue_id() -> None:
    rows = (_row(1, Fate.ACCEPTED), _row(2, Fate.REFUSED, BUSY))
    report = Report(fates=rows, peer=PEER, queue_id="4F1A")
    assert texts(lines.describe_accepted(report)) == [
        f"accepted for 1@example.com by {PEER} (queue id 4F1A)"
    ]
    bare = Report(fates=(_row(1, Fate.ACCEPTED),))
    assert texts(lines.describe_accepted(bare)) == ["accepted for 1@example.com"]


def test_problem_is_one_printable_line() -> None:
    assert lines.problem_line("bad\noption").text == "pymail: bad\\noption"


@given(st.text(min_size=1), st.integers(1, 3000))
def test_no_line_is_long_or_unprintable(text: str, times: int) -> None:
    error = ConnectError(text * times, doing=text, reply=Reply(450, (text,)))
    said = texts(
        lines.describe_failure(error, Advice(text, text * times), text * times)
    )
    assert all(line.isprintable() and len(line) <= LINE_CHARACTERS for line in said)


ROWS = [
    Setting("smtp", "smtps://smtp.163.com", "/root/.mailrc:3"),
    Setting("password", "«secret»", "keyring"),
    Setting("signature", "a\tb", ""),
]


def test_settings_are_columns() -> None:
    name_1, name_2, name_3 = renderer.render_settings(ROWS)
    assert name_1.split() == ["smtp", "smtps://smtp.163.com", "/root/.mailrc:3"]
    assert name_1.index("/root") == name_2.index("keyring")
    assert name_3.split() == ["signature", "a\\tb"]


def _without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


HOSTILE = Reply(550, ("[bold]x[/bold] [/] :smile: " + "word " * 60 + "\x1b[31m",))


@pytest.mark.parametrize("make", [Plain, Pretty])
def test_both_renderers_write_the_same_text(
    make: Callable[[io.StringIO], Renderer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    report = Report(fates=(_row(1, Fate.REFUSED, HOSTILE),), peer=PEER)
    said = lines.describe_report(report, PEER)
    stream = io.StringIO()
    make(stream).show(said)
    assert _without_colours(stream.getvalue()).splitlines() == (texts(said))


@pytest.mark.parametrize(
    ("said", "painted"),
    [
        pytest.param(
            lines.problem_line("no"), "\x1b[1;31mpymail: no\x1b[0m\n", id="problem"
        ),
        pytest.param(
            lines.warning_line("oh"), "\x1b[35mpymail: oh\x1b[0m\n", id="warning"
        ),
        pytest.param(lines.remark_line("ah"), "pymail: ah\n", id="remark"),
    ],
)
def test_only_failures_are_red(said: lines.Line, painted: str) -> None:
    stream = io.StringIO()
    Pretty(stream).show([said])
    assert stream.getvalue() == painted


def test_pretty_shows_settings_as_a_table() -> None:
    stream = io.StringIO()
    Pretty(stream).settings([*ROWS, Setting("x", "[red]\x1b", "y")])
    shown = _without_colours(stream.getvalue())
    assert shown.split()[:3] == ["name", "value", "from"]
    assert "[red]\\x1b" in shown
    assert "smtps://smtp.163.com" in shown


def test_plain_writes_settings() -> None:
    stream = io.StringIO()
    Plain(stream).settings(ROWS)
    assert stream.getvalue().splitlines() == renderer.render_settings(ROWS)


@pytest.mark.parametrize("make", [Plain, Pretty])
def test_a_closed_stream_is_ignored(make: Callable[[io.StringIO], Renderer]) -> None:
    stream = io.StringIO()
    made = make(stream)
    stream.close()
    made.show([lines.problem_line("no")])
    made.settings(ROWS)


@pytest.mark.parametrize(
    ("is_terminal", "variables", "renderer"),
    [
        pytest.param(True, {"TERM": "xterm"}, Pretty, id="terminal"),
        pytest.param(False, {"TERM": "xterm"}, Plain, id="pipe"),
        pytest.param(True, {"TERM": "dumb"}, Plain, id="dumb"),
        pytest.param(True, {}, Plain, id="no-term"),
        pytest.param(True, {"TERM": "xterm", "NO_COLOR": "1"}, Plain, id="no-color"),
        pytest.param(True, {"TERM": "xterm", "NO_COLOR": ""}, Pretty, id="empty"),
    ],
)
def test_colours_need_a_terminal_without_no_color(
    is_terminal: bool, variables: dict[str, str], renderer: type
) -> None:
    made = terminal(io.StringIO(), variables, is_terminal=is_terminal)
    assert type(for_stdout(made)) is renderer


_SCRIPT = """
import io, sys
from pymail.terminal import trace
from pymail.terminal.renderer import for_stdout
from types import SimpleNamespace
for_stdout(SimpleNamespace(
    stdout=io.StringIO(), stdout_is_terminal={terminal},
    variables={{"TERM": "xterm"}}, columns=lambda: 80,
))
print("rich" in sys.modules)
"""


def _loads_rich(*, terminal: bool) -> str:
    script = _SCRIPT.format(terminal=terminal)
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_rich_is_loaded_only_to_paint() -> None:
    assert _loads_rich(terminal=False) == "False"
    assert _loads_rich(terminal=True) == "True"


@pytest.mark.parametrize(
    ("line", "there"),
    [
        (lines.warning_line("no recipients"), "pymail: 没有收件人"),
        (lines.problem_line("x: timed out"), "pymail: x: 超时"),
        (lines.remark_line("550 no recipients"), "pymail: 550 no recipients"),
        (lines.describe_kept("~/dead.letter")[0], "pymail: 邮件已保存在 ~/dead.letter"),
        (lines.Line(lines.Role.MEANING, "  登录失败"), "  登录失败"),
    ],
)
def test_line_is_translated_behind_its_label(line: lines.Line, there: str) -> None:
    assert line.translated("zh") == (line.role, there)
    assert line.translated("en") == line
