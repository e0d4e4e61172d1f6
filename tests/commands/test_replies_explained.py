"""Replies of providers, and their explanations in two languages.

A local server replays the octets under the names of the providers' servers.
"""

import socket
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pymail.transport.connect import TcpPeer
from tests.scripted import serving

pytestmark = pytest.mark.live

Run = Callable[..., Any]
NUL = b"\x00\x00\x00\x1a\x00\x00\x00"


@pytest.fixture(autouse=True)
def _every_name_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: object, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setitem(vars(TcpPeer)["_defaults"], "resolver", look_up)


NOT_OWNED = ("not the account", "set from=", "不一致", "把 from=")
STILL_WANTED = ("although this one succeeded", "ask the provider", "仍要求登录", "询问")
QQ_CHINESE = (
    "535 Error: 请使用授权码登录。详情请看: "
    "http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256"
)

# host, to what it answers, reply, status, and words of what is said about it:
# meaning and step in English, meaning and step in Chinese.
# fmt: off
SAID: dict[str, tuple[str, str, str, int, str, str, str, str]] = {
    "163-code": ("smtp.163.com", "AUTH", "535 Error: authentication failed", 77, "authorization code", "mail.163.com, Settings > POP3/SMTP/IMAP", "授权码", "登录 mail.163.com，设置 > POP3/SMTP/IMAP"),
    "126-permission": ("smtp.126.com", "AUTH", "550 User has no permission", 77, "not switched on", "log in to mail.126.com", "没有开启 SMTP", "登录 mail.126.com"),
    "163-suspended": ("smtp.163.com", "MAIL", "550 User has no permission", 69, "the login was right", "another code does not help", "登录成功", "更换授权码没有用"),
    "yeah-from": ("smtp.yeah.net", "MAIL", "553 Mail from must equal authorized user", 69, *NOT_OWNED),
    "163-spam": ("smtp.163.com", ".", "554 DT:SPM 163 smtp8,DMCowADn 1498556168", 69, "spam", "a real subject", "垃圾邮件", "真实的主题"),
    "163-sum": ("smtp.163.com", ".", "554 DT:SUM 163 smtp8", 69, "differ", "set from=", "不一致", "把 from="),
    "163-too-many-logins": ("smtp.163.com", "greeting", "554 IP is rejected, smtp auth error limit exceed,126 smtp3,DcmowAAHjJkI", 75, "failed logins", "15 to 30 minutes", "登录失败次数太多", "15 到 30 分钟"),
    "163-ip-suspended": ("smtp.163.com", "MAIL", "554 HL:IHU 163 smtp1", 75, "suspended", "some hours", "封禁", "几个小时"),
    "163-ip-not-allowed": ("smtp.163.com", "MAIL", "554 HL:IPB 163 smtp1", 69, "does not allow this machine", "another machine", "不允许本机 IP", "换一台机器"),
    "163-ip-in-blacklist": ("smtp.163.com", "greeting", "554 IP in blacklist", 75, "suspended", "some hours", "封禁", "几个小时"),
    "163-daily-limit": ("smtp.163.com", ".", "554 MI:STC 163 smtp1", 75, "as much as it may", "tomorrow", "发信上限", "明天"),
    "163-user-not-allowed": ("smtp.163.com", ".", "554 MI:SPB 163 smtp1", 69, "does not allow this account", "ask the provider", "不允许该账户", "询问服务商"),
    "163-no-login": ("smtp.163.com", "MAIL", "553 authentication is required", 69, *STILL_WANTED),
    "163-size": ("smtp.163.com", ".", "552 Requested mail action aborted: exceeded mailsize limit", 69, "larger", "send a link", "超过服务器允许的大小", "只发链接"),
    "qq-code": ("smtp.qq.com", "AUTH", "535 Login Fail. Please enter your authorization code to login. More information in http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256", 77, "letters in a row", "log in to mail.qq.com, Settings > Account", "太频繁", "登录 mail.qq.com，设置 > 账号"),
    "exmail-code": ("smtp.exmail.qq.com", "AUTH", "535 Login Fail. Please enter your authorization code to login.", 77, "not the authorization code", "client-specific password", "不是授权码", "客户端专用密码"),
    "qq-code-in-gb18030": ("smtp.qq.com", "AUTH", QQ_CHINESE, 77, "not the authorization code", "log in to mail.qq.com", "不是授权码", "登录 mail.qq.com"),
    "qq-from": ("smtp.qq.com", "MAIL", "501 mail from address must be same as authorization user", 69, *NOT_OWNED),
    "exmail-from": ("smtp.exmail.qq.com", "MAIL", "501 mail from address must be same as authorization user", 69, *NOT_OWNED),
    "qq-no-login": ("smtp.qq.com", "MAIL", "503 Error: need EHLO and AUTH first !", 69, *STILL_WANTED),
    "qq-switched-off": ("smtp.qq.com", "AUTH", "454 Authentication failed, please open smtp flag first!", 77, "not switched on", "mail.qq.com", "没有开启 SMTP", "mail.qq.com"),
    "aliyun-login": ("smtp.qiye.aliyun.com", "AUTH", "526 Authentication failure[0]", 77, "user name, password or server", "client security password", "用户名、密码或服务器", "三方客户端安全密码"),
    "aliyun-from": ("smtp.qiye.aliyun.com", "MAIL", "440 mail from account doesn't conform with authentication (Auth Account:a@example.com|Mail Account:b@example.com)", 69, *NOT_OWNED),
    "aliyun-often": ("smtp.qiye.aliyun.com", "RCPT", "554 Reject by behaviour spam at Rcpt State ANTISPAM_BAT[0]: too frequently sending", 75, "too much mail", "less often", "太频繁", "降低发送频率"),
    "aliyun-often-for-now": ("smtp.qiye.aliyun.com", "RCPT", "454 Transient reject by behaviour spam at Rcpt State", 75, "too much", "less often", "太频繁", "降低发送频率"),
    "direct-mail-from": ("smtpdm.aliyun.com", "MAIL", "436 \"MAIL FROM\" doesn't conform with authentication [@sm060104]", 69, *NOT_OWNED),
    "direct-mail-login": ("smtpdm.aliyun.com", "AUTH", "535 Authentication failure.", 77, "Aliyun Direct Mail", "Set SMTP Password", "Aliyun Direct Mail", "设置 SMTP 密码"),
    "gmail-app-password": ("smtp.gmail.com", "AUTH", "534-5.7.9 Application-specific password required. For more information, go\r\n534 5.7.9 to https://support.google.com/mail/?p=InvalidSecondFactor x - gsmtp", 77, "app password", "https://myaccount.google.com/apppasswords", "应用专用密码", "https://myaccount.google.com/apppasswords"),
    "gmail-login": ("smtp.gmail.com", "AUTH", "535-5.7.8 Username and Password not accepted. For more information, go to\r\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials x - gsmtp", 77, "app password", "https://myaccount.google.com/apppasswords", "应用专用密码", "https://myaccount.google.com/apppasswords"),
    "gmail-tls": ("smtp.gmail.com", "MAIL", "530 5.7.0 Must issue a STARTTLS command first. x - gsmtp", 69, "wants TLS first", "smtp-use-starttls", "先启用 TLS", "smtp-use-starttls"),
    "gmail-hello": ("smtp.gmail.com", "EHLO HELO", "501-5.5.4 HELO/EHLO argument MYHOST_1 invalid, closing connection.\r\n501 5.5.4  https://support.google.com/mail/?p=helo x - gsmtp", 69, "says EHLO with", "set hostname", "EHLO", "hostname"),
    "microsoft-tenant": ("smtp.office365.com", "AUTH", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled", 77, "switched off logins with a password", "administrator", "关闭 SMTP 密码登录", "管理员"),
    "microsoft-mailbox": ("smtp.office365.com", "AUTH", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled", 77, "switched off logins with a password", "administrator", "关闭 SMTP 密码登录", "管理员"),
    "outlook-basic": ("smtp-mail.outlook.com", "AUTH", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", 77, "no passwords here any more", "xoauth2", "不再接受密码", "xoauth2"),
    "microsoft-basic": ("smtp.office365.com", "AUTH", "550 5.7.30 Basic authentication is not supported for Client Submission.", 77, "no passwords here any more", "xoauth2", "不再接受密码", "xoauth2"),
    "microsoft-send-as": ("smtp.office365.com", ".", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", 69, "not the account", "Send As", "不一致", "代理发送"),
    "exchange-login": ("mail.example.com", "AUTH", "535 5.7.3 Authentication unsuccessful", 77, "Exchange does not take this password", "SMTP AUTH", "Exchange 不接受这个密码", "SMTP AUTH"),
    "zoho-from": ("smtp.zoho.com", "MAIL", "553 Relaying disallowed as b@example.com", 69, *NOT_OWNED),
    "zoho-virus": ("smtp.zoho.com", ".", "552 5.7.1 virus Win. Test. EICAR_HDB-1 detected by Zoho Mail.", 69, "found a virus", "attachments", "发现病毒", "附件"),
    "zoho-subject": ("smtp.zoho.com", ".", "554 5.2.1 Subject is Mandatory.", 69, "wants a subject", "-s", "有主题", "-s"),
    "bare-sender": ("smtp.fastmail.com", "RCPT", "504 5.5.2 <root>: Sender address rejected: need fully-qualified address", 69, "has no domain", "set from=", "没有域名", "from="),
    "purelymail-from": ("smtp.purelymail.com", "MAIL", "530 5.7.1 You are not authorized to send mail as b@example.com", 69, *NOT_OWNED),
    "yandex-from": ("smtp.yandex.com", "MAIL", "553 5.7.1 Sender address rejected: not owned by auth user.", 69, *NOT_OWNED),
    "mail-ru-from": ("smtp.mail.ru", "MAIL", "550 5.7.0 Sender address rejected: not owned by authorized user", 69, *NOT_OWNED),
    "sendgrid-from": ("smtp.sendgrid.net", ".", "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.", 69, "has not verified", "verify", "没有在该服务中验证", "验证"),
    "amazon-from": ("email-smtp.eu-west-1.amazonaws.com", ".", "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: b@example.com", 69, "has not verified", "console", "没有在该服务中验证", "控制台"),
}
# fmt: on


def _settings(host: str, port: int) -> str:
    return (
        f"set smtp={host}:{port} smtp-timeout=20 from=b@example.com\n"
        "set smtp-auth-user=a@example.com smtp-auth-password=secret\n"
    )


def send(pymail: Run, rc: str, variables: Mapping[str, str] | None = None) -> Any:
    words = ("-s", "S", "c@x.org")
    return pymail(*words, stdin=b"t\n", rc=rc, variables=variables)


def _lines(err: str, label: str) -> tuple[str, str, str]:
    """Split an error: the server's words, their meaning, the next step."""
    happened, meaning, step, kept = err.splitlines()
    assert kept.startswith("pymail: message kept in ")
    assert step.startswith(label)
    return happened, meaning, step


@pytest.mark.parametrize("case", SAID)
def test_reply_is_explained_in_both_languages(
    pymail: Run, world: Any, case: str
) -> None:
    host, to, reply, status, *words = SAID[case]
    octets = reply.encode("gb18030" if "gb18030" in case else "utf-8")
    # each with a memory of its own: a login that was refused is not tried again
    places = {name: str(world.directory / name) for name in ("C.UTF-8", "zh_CN.UTF-8")}
    with serving(dict.fromkeys(to.split(), octets)) as server:
        rc = _settings(host, server.port)
        runs = [
            send(pymail, rc, {"LANG": locale, "XDG_STATE_HOME": place})
            for locale, place in places.items()
        ]
    assert [run.status for run in runs] == [status] * 2
    english = _lines(runs[0].err, "  what to do: ")
    chinese = _lines(runs[1].err, "  怎么办：")
    assert english[0] == chinese[0]  # what a log is searched for
    assert reply.split("\r\n")[-1].split()[-1] in english[0]
    lines = (*english[1:], *chinese[1:])
    assert [
        word for word, line in zip(words, lines, strict=True) if word not in line
    ] == []


def test_reply_of_qq_is_readable(pymail: Run) -> None:
    with serving({"AUTH": QQ_CHINESE.encode("gb18030")}) as server:
        ended = send(pymail, _settings("smtp.qq.com", server.port))
    assert QQ_CHINESE in ended.err


def test_pipelined_refusal_is_that_of_the_login(
    pymail: Run,
) -> None:
    answers = dict.fromkeys(("MAIL", "RCPT", "DATA"), "503 AUTH first")
    answers["EHLO"] = "250-mx\n250-AUTH PLAIN\n250 PIPELINING"
    with serving({**answers, "AUTH": "550 User has no permission"}) as server:
        ended = send(pymail, _settings("smtp.163.com", server.port))
    assert ended.status == 77
    assert "SMTP is not switched on" in ended.err


def test_nuls_in_the_reply_to_quit_are_ignored(pymail: Run, world: Any) -> None:
    with serving({"QUIT": NUL}) as server:
        ended = send(pymail, _settings("smtp.qq.com", server.port))
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert world.dead_letter == ""


@pytest.mark.parametrize(
    ("variables", "rc", "label"),
    [
        ({}, "", "what to do"),
        ({"LANG": "zh_CN.UTF-8"}, "", "怎么办"),
        ({"LANG": "zh_TW"}, "", "怎么办"),
        ({"LANG": "de_DE.UTF-8"}, "", "what to do"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "en_US"}, "", "怎么办"),
        ({"LC_ALL": "C", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, "", "what to do"),
        ({"LC_ALL": "", "LANG": "ZH_CN"}, "", "怎么办"),
        ({}, "set explain=zh\n", "怎么办"),
        ({"LANG": "zh_CN"}, "set explain=en\n", "what to do"),
        ({"LANG": "zh_CN"}, "set explain=auto\n", "怎么办"),
    ],
)
def test_the_language_is_that_of_explain_or_the_locale(
    pymail: Run, variables: dict[str, str], rc: str, label: str
) -> None:
    with serving({"RCPT": "550 5.1.1 who?"}) as server:
        rc += _settings("mail.example.com", server.port)
        ended = send(pymail, rc, variables)
    assert ended.status == 67
    assert f"  {label}" in ended.err


def test_invalid_settings_are_explained_in_the_language_of_the_locale(
    pymail: Run,
) -> None:
    rc = "set smtp=imap://mail.example.com\n"
    ended = send(pymail, rc, {"LANG": "zh_CN.UTF-8"})
    assert ended.status == 78
    assert "imap:// is not a scheme for sending mail" in ended.err
    assert "怎么办：请写其中之一：smtp://" in ended.err


def test_an_invalid_command_line_is_explained_in_it_too(pymail: Run) -> None:
    ended = pymail("--no-such-option", variables={"LC_ALL": "zh_CN.UTF-8"})
    assert ended.status == 64
    assert "怎么办：pymail --help 会列出选项" in ended.err
