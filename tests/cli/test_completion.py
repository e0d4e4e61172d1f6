"""Shell completion: suggestions, and their use in real shells."""

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pymail.cli import completion
from pymail.cli.completion import SCRIPTS
from pymail.cli.completion_values import CHOICES, _for_whom
from pymail.outbox.directory import Outbox
from pymail.settings.variables import BY_NAME, VARIABLES, Kind
from tests.surroundings import lent

PATIENCE_SECONDS = 20
ROOT = Path(__file__).parents[2]
Run = Callable[..., Any]
RC = """\
alias ops a@example.com b@example.com
alias opera c@example.com
alias team t@example.com
account work { set smtp=smtps://smtp.example.com
}
account me@163.com { set smtp=smtps://smtp.163.com
}
"""


def fish(pymail: Run, line: str, rc: str = RC, **more: str) -> list[str]:
    """The suggestions for the last word, as fish gets them."""
    words = f"pymail {line}"
    asked = {
        "_PYMAIL_COMPLETE": "fish_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": words.rpartition(" ")[2],
    }
    ended = pymail(rc=rc, stdin=None, variables={**asked, **more})
    assert (ended.status, ended.err) == (0, "")
    return [row.split("\t")[1] or row.split("\t")[0] for row in ended.out.splitlines()]


ALIASES = ["opera", "ops", "team"]


@pytest.mark.parametrize(
    ("line", "suggested"),
    [
        pytest.param("--st", ["--store"], id="long"),
        pytest.param("--pro", ["--progress"], id="long-with-opposite"),
        pytest.param("--no-p", ["--no-progress"], id="opposite"),
        pytest.param("--cust", ["--custom-header"], id="synonym"),
        pytest.param("--nothing", [], id="no-option"),
        pytest.param("--man pymail.", ["pymail.rc"], id="page-of-the-manual"),
        pytest.param("--explain mailbox", ["mailbox-full"], id="id-of-an-advice"),
        pytest.param("", ALIASES, id="recipients"),
        pytest.param("op", ["opera", "ops"], id="recipient"),
        pytest.param("a@example.com o", ["opera", "ops"], id="second-recipient"),
        pytest.param("-c team,op", ["team,opera", "team,ops"], id="list"),
        pytest.param("--bcc=op", ["--bcc=opera", "--bcc=ops"], id="long-list"),
        pytest.param("-bop", ["-bopera", "-bops"], id="glued-list"),
        pytest.param("--to ", ALIASES, id="to"),
        pytest.param("-s ", [], id="free-text"),
        pytest.param("-s x o", ["opera", "ops"], id="after-free-text"),
        pytest.param("-sx o", ["opera", "ops"], id="after-glued-text"),
        pytest.param("-vEs ", [], id="cluster-wants-text"),
        pytest.param("-vA ", ["me@163.com", "work"], id="cluster-wants-account"),
        pytest.param("-vAw", ["-vAwork"], id="glued-account"),
        pytest.param("-vE", [], id="cluster-of-flags"),
        pytest.param("-Z", [], id="unknown-letter"),
        pytest.param("--acc w", ["work"], id="abbreviation"),
        pytest.param("--acc=w", ["--acc=work"], id="abbreviation-with-equals"),
        pytest.param("--account=w", ["--account=work"], id="account"),
        pytest.param("--account=work o", ["opera", "ops"], id="after-account"),
        pytest.param("--unknown o", ["opera", "ops"], id="after-unknown"),
        pytest.param("--store ", ["keyring", "file"], id="choice"),
        pytest.param("--store=k", ["--store=keyring"], id="joined-choice"),
        pytest.param("-a ", ["file"], id="attachment"),
        pytest.param("--password-file ", ["file"], id="file"),
        pytest.param("-S smtp-fit", ["smtp-fit-sender="], id="variable"),
        pytest.param("-S sendw", ["sendwait"], id="switch"),
        pytest.param("-S ssl-ver", ["ssl-verify="], id="old-name"),
        pytest.param(
            "-S ssl-verify=",
            [f"ssl-verify={each}" for each in ("strict", "warn", "ignore")],
            id="value",
        ),
        pytest.param("-Sexplain=z", ["-Sexplain=zh"], id="glued-value"),
        pytest.param("-S from=", [], id="any-value"),
        pytest.param("-S nothing=", [], id="no-variable"),
        pytest.param("-S record=", ["file"], id="path"),
        pytest.param("--run on-o", ["on-output"], id="when"),
        pytest.param("--run=al", ["--run=always"], id="joined-when"),
        pytest.param("--run op", ["opera", "ops"], id="recipient-after-run"),
        pytest.param("--run always op", ["opera", "ops"], id="after-when"),
        pytest.param("--run always a", [], id="when-is-said"),
        pytest.param("--run=always ops -- ", ["file"], id="command"),
        pytest.param("--run -. ops -- ", ["file"], id="command-after-dot"),
        pytest.param("-- op", ["opera", "ops"], id="after-dashes"),
        pytest.param("-. -s", [], id="after-dot"),
        pytest.param("--queue", ["--queue"], id="whole"),
    ],
)
def test_suggestions_fit_the_place_of_the_word(
    pymail: Run, line: str, suggested: list[str]
) -> None:
    assert fish(pymail, line) == suggested


def test_a_single_dash_suggests_every_option(pymail: Run) -> None:
    found = fish(pymail, "-")
    assert {"-s", "--subject", "--progress", "--no-progress", "--help"} <= set(found)
    assert not {"--no-config", "--debug-level"} & set(found)  # hidden


@pytest.mark.parametrize(
    ("words", "place", "answers"),
    [
        pytest.param(["--store", "=", ""], 3, ["keyring", "file"], id="choice"),
        pytest.param(["--store", "="], 2, ["keyring", "file"], id="break-itself"),
        pytest.param(["--store", "=", "k"], 3, ["keyring"], id="choice-begun"),
        pytest.param(["-A", "me", "@", "1"], 4, ["163.com"], id="account"),
        pytest.param(["-S", "explain", "=", "e"], 4, ["en"], id="value"),
        pytest.param(["op"], 1, ["opera", "ops"], id="recipient"),
    ],
)
def test_bash_gets_the_part_after_its_last_word_break(
    pymail: Run, words: list[str], place: int, answers: list[str]
) -> None:
    asked = {
        "_PYMAIL_COMPLETE": "bash_complete",
        "COMP_WORDS": "\n".join(["pymail", *words]),
        "COMP_CWORD": str(place),
    }
    ended = pymail(rc=RC, variables=asked)
    assert ended.out.splitlines() == [f"plain,{each}" for each in answers]


def test_zsh_gets_three_lines_and_escaped_colons(
    pymail: Run,
) -> None:
    asked = {"_MAIL_COMPLETE": "zsh_complete", "COMP_CWORD": "2"}
    rc = "alias x:y a@example.com\n"
    for words, out in (
        ("mail -i x", "plain\nx\\:y\na@example.com\n"),
        ("mail -a ", "file\n_\n_\n"),
    ):
        asked["COMP_WORDS"] = words
        assert pymail(program="mail", rc=rc, variables=asked).out == out


@pytest.mark.parametrize(
    ("instruction", "status"),
    [("tcsh_source", 1), ("bash_", 1), ("bash_complete", 1)],
)
def test_unknown_requests_get_no_answer(
    pymail: Run, instruction: str, status: int
) -> None:
    ended = pymail("a@example.com", variables={"_PYMAIL_COMPLETE": instruction})
    assert (ended.status, ended.out, ended.err) == (status, "", "")


def test_choices_agree_with_the_table_of_variables() -> None:
    rows = {row.name: row for row in VARIABLES if row.kind is Kind.CHOICE}
    assert CHOICES.keys() == rows.keys()
    for name, words in CHOICES.items():
        meaning = f"{BY_NAME[name].meaning} {BY_NAME[name].default}"
        meaning = meaning.replace("(-1, -512)", "scram-sha-1 scram-sha-512")
        assert [word for word in words if word not in meaning] == [], name


# ── broken settings ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "rc",
    [
        pytest.param('alias ops a@x.org\nset x="\nfrob\nif\n', id="nonsense"),
        pytest.param("alias ops a@x.org\nset from=@@ smtp=::\n", id="values"),
        pytest.param("alias ops a@x.org\nsource ~/pipe\n", id="pipe"),
        pytest.param("alias ops a@x.org\nsource /nowhere\n", id="missing"),
        pytest.param("alias ops a@x.org\nset outbox=~/.mailrc\n", id="outbox"),
        pytest.param(
            "alias ops a@x.org\nset smtp-password-command='touch ~/ran'\n"
            "set smtp=smtps://me@smtp.example.com\n",
            id="command",
        ),
    ],
)
def test_invalid_settings_are_ignored_and_no_command_is_run(
    pymail: Run, world: Any, rc: str
) -> None:
    os.mkfifo(world.directory / "pipe")
    assert fish(pymail, "op", rc) == ["ops"]
    assert fish(pymail, "--drop ", rc) == []
    assert not (world.directory / "ran").exists()


def test_unreadable_settings_leave_suggestions_from_tables(
    pymail: Run, world: Any
) -> None:
    world.write("rc/file", "")
    variables = {"MAILRC": str(world.directory / "rc")}
    assert fish(pymail, "", **variables) == []
    assert fish(pymail, "--st", **variables) == ["--store"]


def test_the_system_file_is_read_unless_n_says_no(pymail: Run, world: Any) -> None:
    world.write("etc/mail.rc", "alias system s@example.com\n")
    assert fish(pymail, "sys", rc="") == ["system"]
    assert fish(pymail, "-n sys", rc="") == []


def test_queued_mails_are_suggested_with_their_recipients(
    pymail: Run, world: Any
) -> None:
    rc = "set smtp=127.0.0.1:1 from=me@example.com outbox=box\n"
    assert pymail("a@example.com", stdin=b"text\n", rc=rc).status == 75
    (name,) = (path.name for path in (world.directory / "box").iterdir())
    later = f"{int(name[:4]) + 1}{name[4:]}"
    (world.directory / "box" / later).write_text("no mail")
    asked = {
        "_PYMAIL_COMPLETE": "fish_complete",
        "COMP_WORDS": "pymail --flush ",
        "COMP_CWORD": "",
    }
    first, second = pymail(rc=rc, variables=asked).out.splitlines()
    assert first == f"plain\t{name}\tto a@example.com"
    assert second.endswith("\t_")


def test_names_with_blanks_or_control_characters_are_left_out(
    pymail: Run,
) -> None:
    rc = "account 'two words' {\n}\naccount b\x1bell {\n}\naccount fine {\n}\n"
    assert fish(pymail, "-A ", rc) == ["fine"]
    asked = {"_PYMAIL_COMPLETE": "fish_complete", "COMP_CWORD": ""}
    rc = "alias ops a\x1b[31m@example.com\n"
    out = pymail(rc=rc, variables={**asked, "COMP_WORDS": "pymail "}).out
    assert out == "plain\tops\ta\\x1b[31m@example.com\n"


def test_resend_suggests_files(pymail: Run) -> None:
    asked = {"_PYMAIL_COMPLETE": "fish_complete", "COMP_CWORD": ""}
    variables = {**asked, "COMP_WORDS": "pymail --resend "}
    assert pymail(variables=variables).out == "file\t\t_\n"


def test_outbox_in_the_default_directory_is_read(pymail: Run) -> None:
    assert fish(pymail, "--drop no-such-mail", "set outbox\n") == []


def test_a_mail_that_is_gone_has_no_recipients(tmp_path: Path) -> None:
    assert _for_whom(Outbox(tmp_path), "20260101T000000-0123456789abcdef") == ""


def test_a_long_alias_is_shortened(pymail: Run) -> None:
    rc = f"alias all {' '.join(f'{n}@example.com' for n in range(99))}\n"
    asked = {"_PYMAIL_COMPLETE": "fish_complete", "COMP_WORDS": "pymail al"}
    out = pymail(rc=rc, variables={**asked, "COMP_CWORD": "al"}).out
    assert out.endswith("...\n")
    assert len(out) < 80


# ── scripts and shells ──────────────────────────────────────────────────────

SHELLS = Path(completion.__file__).parent / "shells"


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_program_prints_the_installed_script(pymail: Run, shell: str) -> None:
    ended = pymail(variables={"_PYMAIL_COMPLETE": f"{shell}_source"})
    assert ended.status == 0
    assert ended.out == (SHELLS / SCRIPTS[shell]).read_text()


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_link_gets_a_script_for_its_own_name(pymail: Run, shell: str) -> None:
    asked = {"_MY_MAIL_COMPLETE": f"{shell}_source"}
    script = pymail(program="my-mail", variables=asked).out
    assert "pymail" not in script.lower()
    for name in ("_my_mail_completion", f"_MY_MAIL_COMPLETE={shell}_complete"):
        assert name in script


def test_the_wheel_installs_scripts_where_shells_look() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for line in (
        '"pymail/cli/shells/pymail.bash" = "share/bash-completion/completions/pymail"',
        '"pymail/cli/shells/_pymail" = "share/zsh/site-functions/_pymail"',
        '"pymail/cli/shells/pymail.fish" = "share/fish/vendor_completions.d/pymail.fish"',
    ):
        assert line in text


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """Variables for a shell in which `pymail` is this checkout."""
    program = tmp_path / "bin" / "pymail"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pymail "$@"\n')
    program.chmod(0o700)
    (tmp_path / ".mailrc").write_text(RC)
    (tmp_path / "report.pdf").write_text("")
    return {
        "HOME": str(tmp_path),
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "MAILX_NO_SYSTEM_RC": "1",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        **lent(),
    }


def _needs(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        (["--st"], "--store"),
        (["-A", "me", "@", ""], "163.com"),
        (["-c", "team,op"], "team,opera team,ops"),
        (["--run", ""], "on-failure on-output always opera ops team"),
    ],
    ids=["option", "account", "list", "when"],
)
def test_bash_completes(
    surroundings: dict[str, str], words: list[str], reply: str
) -> None:
    _needs("bash")
    script = (
        'eval "$(_PYMAIL_COMPLETE=bash_source pymail)"; COMP_WORDS=(pymail "$@"); '
        'COMP_CWORD=$#; _pymail_completion pymail; echo "${COMPREPLY[*]}"'
    )
    ended = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *words],
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ended.stdout.strip(), ended.stderr) == (reply, "")


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (
            "pymail --st",
            ["--store\tWhere --setup and --login store it: keyring or file"],
        ),
        ("pymail --store=k", ["--store=keyring"]),
        ("pymail -vAme", ["-vAme@163.com\t~/.mailrc:6"]),
        ("pymail -a rep", ["report.pdf"]),
    ],
    ids=["option", "choice", "account", "file"],
)
def test_fish_completes(
    surroundings: dict[str, str], line: str, reply: list[str]
) -> None:
    _needs("fish")
    script = "_PYMAIL_COMPLETE=fish_source pymail | source; cd ~; complete -C $argv"
    ended = subprocess.run(
        ["fish", "--no-config", "-c", script, line],
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ended.stdout.splitlines(), ended.stderr) == (reply, "")


@contextmanager
def terminal(directory: Path, variables: dict[str, str]) -> Iterator[int]:
    """An interactive zsh on a terminal."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(directory)
        os.execvpe("zsh", ["zsh", "-f", "-i"], variables)  # noqa: S606
    try:
        yield descriptor
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(descriptor)
        os.waitpid(pid, 0)


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("pymail --st", "pymail --store "),
        ("pymail --store=k", "pymail --store=keyring "),
        ("pymail -S explain=z", "pymail -S explain=zh "),
        ("pymail -S smtp-fit", "pymail -S smtp-fit-sender="),
        ("pymail --attach=rep", "pymail --attach=report.pdf "),
    ],
    ids=["option", "choice", "value", "variable", "file"],
)
def test_zsh_completes(
    tmp_path: Path, surroundings: dict[str, str], typed: str, becomes: str
) -> None:
    _needs("zsh")
    begin = (
        f"fpath=({SHELLS} $fpath); autoload -U compinit; compinit -u -D; "
        'show() { zle -I; print -r -- "<$BUFFER>" }; zle -N show; bindkey ^G show; '
        "echo be''gun"
    )
    with terminal(tmp_path, surroundings) as descriptor:
        seen = b""

        def until(words: str) -> None:
            nonlocal seen
            while words.encode() not in seen:
                ready, _, _ = select.select([descriptor], [], [], PATIENCE_SECONDS)
                assert ready, seen
                seen += os.read(descriptor, 10_000)

        os.write(descriptor, f"{begin}\n".encode())
        until("begun")
        os.write(descriptor, f"{typed}\t\a".encode())
        until(f"<{becomes}>")
