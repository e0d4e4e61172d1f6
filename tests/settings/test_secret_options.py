"""Sources of secrets in settings, by precedence."""

import pytest

from pymail.mailrc.commands import assign, evaluate
from pymail.mailrc.state import Origin, State
from pymail.settings import secret_options
from pymail.settings.layers import Layer
from pymail.settings.server import choose_server
from pymail.settings.server_models import Server, SmtpServer
from tests.settings.resolving import layers


def chosen(
    *files: str, typed: tuple[str, ...] = (), command: str = ""
) -> tuple[Server, list[str]]:
    """Choose the server by files from the lowest (rc0, rc1, …), -S and -E."""
    rows: list[Layer] = []
    for number, text in enumerate(files):
        state = State()
        evaluate(text, f"rc{number}", state)
        rows.append(dict(state.variables) | dict.fromkeys(state.unset))
    state = State()
    for text in typed:
        assign(text, Origin("-S", 0), state)
    rows.append(dict(state.variables) | dict.fromkeys(state.unset))
    state = State()
    evaluate(command, "-E", state)
    rows.append(dict(state.variables))
    remarks: list[str] = []
    server, _, _ = choose_server(
        layers(*rows),
        sender="",
        hello_name="box.example.com",
        login_name="me",
        netrc_user=str,
        warnings=[],
        remarks=remarks,
    )
    return server, remarks


def describe_sources(server: Server) -> list[str]:
    """Describe each source in order."""
    assert isinstance(server, SmtpServer)
    assert server.login is not None
    words = []
    for each in server.login.sources:
        what = each.secret.reveal() if each.secret is not None else ""
        what += each.command + str(each.file or "")
        words.append(f"{each.place} {what}" + " now" * each.for_this_run)
    return words


SERVER = "set smtp=h user=u\n"


@pytest.mark.parametrize(
    ("files", "typed", "expected"),
    [
        pytest.param(["set password=p"], (), ["rc0:2 p"], id="password"),
        pytest.param(
            ["set password=p\nset smtp-password-file=~/f smtp-password-command=c"],
            (),
            ["rc0:3 c", "rc0:3 /home/me/f", "rc0:2 p"],
            id="command-file-password",
        ),
        pytest.param(
            ["set smtp-password-command=c", "set password=p"],
            (),
            ["rc1:1 p", "rc0:2 c"],
            id="higher-layer",
        ),
        pytest.param(
            ["set smtp-password-command=c\nset password-u@h=p"],
            (),
            ["rc0:3 p", "rc0:2 c"],
            id="special-name",
        ),
        pytest.param(
            ["set password-u@h=p"],
            ("smtp-auth-password=q",),
            ["-S q now", "rc0:2 p"],
            id="typed-before-special",
        ),
        pytest.param(
            ["set smtp-password-command=c"],
            ("smtp-password-file=f", "smtp-password-command=d"),
            ["-S d now", "-S /home/me/f now"],
            id="typed-hides",
        ),
        pytest.param(
            ["set password=p smtp-password-command=c"],
            ("nosmtp-password-command",),
            ["rc0:2 p"],
            id="unset",
        ),
        pytest.param(
            ["set smtp-password-command= smtp-password-file= password="],
            (),
            ["rc0:2 "],
            id="empty",
        ),
        pytest.param([""], (), [], id="nothing"),
    ],
)
def test_more_specific_source_takes_precedence(
    files: list[str], typed: tuple[str, ...], expected: list[str]
) -> None:
    files[0] = SERVER + files[0]
    assert describe_sources(chosen(*files, typed=typed)[0]) == expected


@pytest.mark.parametrize(
    ("files", "typed", "expected"),
    [
        pytest.param(
            ["set smtp=smtps://u:url@h\nset password-u@h=p smtp-password-command=c"],
            (),
            ["rc0:1 url", "rc0:2 p", "rc0:2 c"],
            id="file",
        ),
        pytest.param(
            ["set smtp=smtps://u:url@h"],
            ("password=q",),
            ["-S q now", "rc0:1 url"],
            id="typed-password",
        ),
        pytest.param(
            ["set password=p"],
            ("smtp=smtps://u:url@h", "password=q"),
            ["-S url now", "-S q now"],
            id="typed-url",
        ),
    ],
)
def test_password_in_the_url_is_the_most_specific(
    files: list[str], typed: tuple[str, ...], expected: list[str]
) -> None:
    assert describe_sources(chosen(*files, typed=typed)[0]) == expected


@pytest.mark.parametrize(
    ("typed", "command", "option"),
    [
        pytest.param(("password=q",), "", "-S", id="assigned"),
        pytest.param((), "set password=q", "-E", id="command"),
        pytest.param(("smtp=smtps://u:q@h",), "", "-S", id="url"),
        pytest.param(("smtp-password-command=c",), "", "", id="no-password"),
        pytest.param((), "", "", id="file"),
    ],
)
def test_password_visible_in_ps_causes_a_remark(
    typed: tuple[str, ...], command: str, option: str
) -> None:
    rc = f"{SERVER}set password=p"
    _, remarks = chosen(rc, typed=typed, command=command)
    assert [r.partition(":")[0] for r in remarks] == ([option] if option else [])
    assert all("--password-fd" in remark for remark in remarks)


def test_password_of_a_tilde_command_applies_to_this_run_without_a_remark() -> None:
    state = State()
    evaluate(f"{SERVER}set password=p", "~:", state)
    [each] = secret_options.secret_sources(layers(dict(state.variables)), ())
    assert each.for_this_run
    assert list(secret_options.exposure_remarks([each])) == []
