"""--setup --from: what sSMTP had, with an alias for root."""

from typing import Any

import pytest

pytestmark = pytest.mark.live

CODE = "ABCDEFGHIJKLMNOP"


def test_file_and_reverse_aliases_are_taken_over(home: Any, server: Any) -> None:
    directory = home.directory / "ssmtp"
    directory.mkdir()
    (directory / "revaliases").write_text("root:ops@163.com\nme:me@163.com\n")
    file = directory / "ssmtp.conf"
    file.write_text(
        f"root=ops@163.com\nmailhub=localhost:{server.port}\nUseTLS=YES\n"
        f"TLS_CA_File={server.ca}\nAuthUser=me@163.com\nAuthPass={CODE}\n"
    )
    file.chmod(0o600)
    ended = home.run("--setup", "--from", "ssmtp/ssmtp.conf")
    assert ended.status == 0
    assert ended.err.splitlines() == [
        (
            "pymail: ~/ssmtp/revaliases:1: left out: it is for root, who can say set "
            "from=ops@163.com in ~/.mailrc"
        ),
        (
            "pymail: ~/ssmtp/ssmtp.conf:1: root: an alias of root alone; ssmtp has it for "
            "all below 1000"
        ),
        "pymail: ~/ssmtp/ssmtp.conf:6: the password stays there for ssmtp, too",
    ]
    assert home.rc.read_text() == (
        "# written by pymail --setup\n"
        f"set smtp=smtps://localhost:{server.port}\n"
        "set smtp-auth-user=me@163.com\n"
        "set from=me@163.com\n"
        f"set tls-ca-file={server.ca}\n"
        "set tls-ca-no-defaults\n"
        "set smtp-from=me@163.com\n"
        "\n"
        "# from ~/ssmtp/ssmtp.conf\n"
        "alias root ops@163.com\n"
    )
    sent = home.run("-n", "-s", "x", "root", answers="hi\n")
    assert (sent.status, sent.err) == (0, "")
    assert [mail.rcpt_tos for mail in server.mails] == [["ops@163.com"]]


def test_alias_of_root_that_is_there_stays(home: Any, server: Any) -> None:
    home.rc.write_text("alias root me@163.com\n")
    file = home.directory / "ssmtp.conf"
    file.write_text(
        f"root=x@y.org\nmailhub=localhost:{server.port}\nUseTLS=YES\nTLS_CA_File={server.ca}\n"
    )
    ended = home.run("--setup", "--from", "ssmtp.conf")
    assert ended.status == 0
    assert "pymail: ~/.mailrc:1: alias root: kept as it is\n" in ended.err
    assert "x@y.org" not in home.rc.read_text()
