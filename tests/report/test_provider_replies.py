"""Replies of providers: whose they are, what they mean, what to do."""

import re

import pytest

from pymail.errors import AuthenticationError, RefusedError
from pymail.model import replace
from pymail.reply import (
    CONTENT,
    GREETING,
    HELLO,
    LOGIN,
    MAIL,
    RCPT,
    SHOWN_CHARACTERS,
    Reply,
)
from pymail.report.delivery_report import Fate, fate_of
from pymail.report.exit_status import exit_status_for
from pymail.report.explain import explain, explain_failure
from pymail.report.provider_replies import (
    ADVICE,
    ROWS,
    ProviderReply,
    find,
    means_never,
)
from pymail.report.providers import PROVIDERS, Provider, SecretKind, read_data

NOT_OWNED = ("not the account", "set from=")
NEEDS_LOGIN = ("wants a login", "pymail --login")
SPAM = ("spam", "subject")
TOO_LARGE = ("larger", "link")
TOO_MANY_LOGINS = ("failed logins", "30 minutes")
APP = ("app password, which", "pymail --login")
CODE = ("authorization code, which", "pymail --login")

# host, reply, meaning, step; a reply to AUTH is marked with "AUTH ".
# fmt: off
SEEN: dict[str, tuple[str, str, str, str]] = {
    "netease-code": ("smtp.163.com", "AUTH 535 Error: authentication failed", "authorization code, which 163 wants", "mail.163.com, Settings > POP3/SMTP/IMAP"),
    "netease-code-of-126": ("smtp.126.com:465", "AUTH 535 Error: authentication failed", "which 126 wants", "mail.126.com"),
    "netease-permission-at-login": ("smtp.126.com:465", "AUTH 550 User has no permission", "not switched on", "mail.126.com, Settings > POP3/SMTP/IMAP"),
    "netease-permission-at-an-unknown-host": ("mail.example.com", "AUTH 550 User has no permission", "not switched on", "mail.163.com"),
    "netease-permission-later": ("smtp.163.com", "550 User has no permission", "the login was right", "another code does not help"),
    "netease-from": ("smtp.yeah.net", "553 Mail from must equal authorized user", *NOT_OWNED),
    "netease-spam": ("smtp.163.com", "554 DT:SPM 163 smtp8", *SPAM),
    "netease-sum": ("smtp.163.com", "554 DT:SUM 163", "differ", "set from="),
    "netease-logins": ("smtp.163.com", "554 IP is rejected, smtp auth error limit exceed", *TOO_MANY_LOGINS),
    "netease-logins-535": ("smtp.163.com", "AUTH 535 Error: smtp auth error limit exceed", *TOO_MANY_LOGINS),
    "netease-ip": ("smtp.163.com", "554 HL:IHU 163", "suspended", "hours"),
    "netease-ip-in-words": ("x.org", "554 IP in blacklist", "suspended", "hours"),
    "netease-ip-not-allowed": ("smtp.163.com", "554 HL:IPB 163", "not allow this machine", "login"),
    "netease-limit": ("smtp.163.com", "554 MI:STC 163", "as it may", "tomorrow"),
    "netease-user": ("smtp.163.com", "554 MI:SPB 163", "not allow", "webmail"),
    "netease-no-login": ("smtp.163.com", "553 authentication is required", *NEEDS_LOGIN),
    "netease-size": ("smtp.163.com", "552 Requested mail action aborted: exceeded mailsize limit", *TOO_LARGE),
    "netease-enterprise": ("smtp.qiye.163.com", "AUTH 535 Error: authentication failed", "user name and password", "administrator"),
    "qq-code": ("smtp.qq.com", "AUTH 535 Login Fail. Please enter your authorization code to login. More information in http://service.mail.qq.com/cgi-bin/help?id=28&&no=1001256", "too many letters", "mail.qq.com, Settings > Account"),
    "qq-code-of-exmail": ("smtp.exmail.qq.com", "AUTH 535 Login Fail. Please enter your authorization code to login.", "too many letters", "exmail.qq.com, Settings > Mailbox Binding"),
    "qq-chinese": ("mail.example.com", "AUTH 535 Error: 请使用授权码登录。详情请看: http://service.mail.qq.com/x", "authorization code", "mail.qq.com"),
    "qq-in-other-words": ("smtp.qq.com", "AUTH 535 no", *CODE),
    "qq-busy": ("smtp.exmail.qq.com", "AUTH 535 Error: authentication failed, system busy", "slowed down", "15 minutes"),
    "qq-switched-off": ("smtp.qq.com", "AUTH 454 Authentication failed, please open smtp flag first!", "not switched on", "mail.qq.com"),
    "qq-from": ("smtp.qq.com", "501 mail from address must be same as authorization user", *NOT_OWNED),
    "qq-no-login": ("smtp.qq.com", "503 Error: need EHLO and AUTH first !", *NEEDS_LOGIN),
    "aliyun-login": ("smtp.qiye.aliyun.com", "AUTH 526 Authentication failure[0]", "not those of the account", "client security password"),
    "aliyun-from": ("smtp.qiye.aliyun.com", "440 mail from account doesn't conform with authentication (Auth Account:a)", *NOT_OWNED),
    "aliyun-often": ("smtp.mxhichina.com", "554 Reject by behaviour spam ANTISPAM_BAT[0]: too frequently sending", "too much", "less often"),
    "aliyun-often-for-now": ("smtp.qiye.aliyun.com", "454 Transient reject by behaviour spam", "too much", "less often"),
    "aliyun-spf": ("mx.example.com", "554 Reject by behaviour spam at Rcpt State(IP)A[0]: spf check failedCONTINUE", "SPF", "SPF record"),
    "aliyun-content": ("smtpdm.aliyun.com", "554 Reject by content spam", *SPAM),
    "direct-mail-login": ("smtpdm.aliyun.com:80", "AUTH 535 Authentication failure.", "Aliyun Direct Mail does not accept", "Set SMTP Password"),
    "direct-mail-from": ("smtpdm-ap-southeast-1.aliyuncs.com", '436 "MAIL FROM" doesn\'t conform with authentication [@sm060104]', *NOT_OWNED),
    "direct-mail-quota": ("smtpdm.aliyun.com", "552 Daily sending quota exceeded", "used up", "quota"),
    "direct-mail-account": ("smtpdm.aliyun.com", "551 Main account unavailable", "may not send", "console"),
    "direct-mail-recipient": ("smtpdm.aliyun.com", "559 Invalid rcptto", "does not exist", "recipient"),
    "direct-mail-recipients": ("smtpdm.aliyun.com", "556 The number of RCPTs is over size", "too many recipients", "fewer"),
    "direct-mail-size": ("smtpdm.aliyun.com", "557 The length of DATA content is achieved the maximum threshold", *TOO_LARGE),
    "sina-from": ("smtp.sina.com", "553 Envolope sender mismatch with login user..", *NOT_OWNED),
    "google-app-password": ("smtp.gmail.com", "AUTH 534 5.7.9 Application-specific password required.", "app password, which Gmail wants", "apppasswords"),
    "google-login": ("smtp.gmail.com", "AUTH 535 5.7.8 Username and Password not accepted.", "app password, which Gmail wants", "apppasswords"),
    "naver-login": ("smtp.naver.com", "AUTH 535 5.7.1 Username and Password not accepted", "app password, which Naver Mail wants", "mail.naver.com"),
    "google-browser": ("smtp.gmail.com", "AUTH 534 5.7.14 Please log in via your web browser and then try again.", "browser", "accounts.google.com"),
    "google-logins": ("smtp.gmail.com", "AUTH 454 4.7.0 Too many login attempts, please try again later.", *TOO_MANY_LOGINS),
    "google-tls": ("smtp.gmail.com", "530 5.7.0 Must issue a STARTTLS command first", "TLS", "smtp-use-starttls"),
    "google-hello": ("smtp.gmail.com", "501 5.5.4 HELO/EHLO argument invalid", "hello", "set hostname"),
    "postfix-hello": ("mx.example.com", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", "hello", "set hostname"),
    "google-limit": ("smtp.gmail.com", "550 5.4.5 Daily user sending limit exceeded.", "in a day", "tomorrow"),
    "microsoft-tenant": ("smtp.office365.com", "AUTH 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", "switched", "administrator"),
    "microsoft-basic": ("smtp-mail.outlook.com", "AUTH 535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "no passwords", "xoauth2"),
    "microsoft-basic-later": ("smtp.office365.com", "550 5.7.30 Basic authentication is not supported for Client Submission", "no passwords", "xoauth2"),
    "exchange-send-as": ("mail.example.com", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "not the account", "Send As"),
    "exchange-login": ("mail.example.com", "AUTH 535 5.7.3 Authentication unsuccessful", "Exchange", "xoauth2"),
    "outlook-in-other-words": ("smtp-mail.outlook.com", "AUTH 535 no", "only OAuth 2", "xoauth2"),
    "zoho-from": ("smtp.zoho.eu", "553 Relaying disallowed as a@example.com", *NOT_OWNED),
    "zoho-from-in-short": ("smtp.zoho.com", "553 Relaying disallowed", *NOT_OWNED),
    "zoho-virus": ("smtp.zoho.com", "552 5.7.1 virus Win. Test. EICAR_HDB-1 detected by Zoho Mail.", "virus", "attachments"),
    "zoho-subject": ("smtp.zeptomail.com", "552 5.2.1 Subject is Mandatory", "subject", "-s"),
    "zoho-size": ("smtp.zoho.in", "552 5.2.0 Email size exceeded the policy", *TOO_LARGE),
    "bare-sender": ("smtp.fastmail.com", "504 5.5.2 <root>: Sender address rejected: need fully-qualified address", "no domain", "from="),
    "fastmail": ("smtp.fastmail.com", "AUTH 535 5.7.0 Incorrect username", *APP),
    "yahoo": ("smtp.mail.yahoo.com", "AUTH 535 no", *APP),
    "icloud": ("smtp.mail.me.com", "AUTH 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "app password, which iCloud Mail wants", "account.apple.com"),
    "yandex": ("smtp.yandex.ru", "AUTH 535 5.7.8 Error: authentication failed", *APP),
    "gmx": ("mail.gmx.net", "AUTH 535 no", "GMX does not accept", "POP3 & IMAP"),
    "gmx-from": ("mail.gmx.net", "550 Sender address is not allowed.", *NOT_OWNED),
    "mail-ru": ("smtp.mail.ru", "550 5.7.0 Sender address rejected: not owned by authorized user", *NOT_OWNED),
    "yandex-from": ("smtp.yandex.com", "553 5.7.1 Sender address rejected: not owned by auth user.", *NOT_OWNED),
    "purelymail": ("smtp.purelymail.com", "530 5.7.1 You are not authorized to send mail as <a@example.com>", *NOT_OWNED),
    "sendgrid-from": ("smtp.sendgrid.net", "550 The from address does not match a verified Sender Identity", "SendGrid", "verify"),
    "sendgrid-login": ("smtp.sendgrid.net", "AUTH 535 no", "key", "word apikey"),
    "amazon-from": ("email-smtp.eu-west-1.amazonaws.com", "554 Message rejected: Email address is not verified.", "verified", "console"),
    "amazon-login": ("email-smtp.eu-west-1.amazonaws.com", "AUTH 535 Authentication Credentials Invalid", "SMTP user", "console"),
    "greylisting": ("mx.example.com", "450 4.7.1 Greylisted, try again", "second try", "ten minutes"),
    "relay": ("mx.example.com", "554 5.7.1 Relay access denied", "stranger", "smtp-auth-user"),
    "sender-in-other-words": ("mx.example.com", "553 Sender must match the login", *NOT_OWNED),
    "not-one-of-yours": ("smtp.mail.me.com", "550 5.7.0 From address is not one of your addresses", *NOT_OWNED),
    "too-fast-for-one-connection": ("smtp.163.com", "451 MI:DMC 163 smtp1", "in one connection", "fewer"),
    "block-list": ("mx.example.com", "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", "this machine's address", "take the address off"),
    "block-list-of-outlook": ("mx.example.com", "550 5.7.1 part of their network is on our block list (S3140).", "this machine's address", "take the address off"),
    "block-list-of-domains": ("mx.example.com", "554 5.7.1 Sender address [a@example.com] blocked using dbl.spamhaus.org", "the sender's domain", "another domain"),
    "block-list-of-links": ("mx.example.com", "554 5.7.1 URL in the message is listed by multi.uribl.com", *SPAM),
    "block-list-of-addresses-of-mail-from": ("mx.example.com", "550 5.7.1 Mail from 192.0.2.1 was rejected due to listing in Spamhaus SBL", "this machine's address", "take the address off"),
    "client-rejected": ("mx.example.com", "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", "this machine's address", "with a login"),
    "reverse-name": ("mx.example.com", "450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]", "reverse name", "your provider's server"),
    "content": ("smtp.gmail.com", "552 5.7.0 blocked because its content presents a potential security issue.", "what is attached", "link"),
    "connections": ("mx.example.com", "421 4.7.0 Error: too many connections from 192.0.2.1", "connections", "later"),
    "rate": ("email-smtp.us-east-1.amazonaws.com", "454 Throttling failure: Maximum sending rate exceeded.", "too much mail", "fewer"),
    "emails-per-hour": ("mx.example.com", "550 Domain example.com has exceeded the max emails per hour (250/200) allowed.", "too much mail", "fewer"),
    "full": ("mx.example.com", "552 mailbox is full", "full", "another way"),
    "suspended": ("mx.example.com", "554 Message rejected: Sending suspended for this account.", "does not allow this account", "provider"),
    "spf": ("mx.example.com", "550 rejected: SPF fail - not authorized", "SPF, DKIM or DMARC", "SPF"),
    "tls-first": ("mx.example.com", "504 5.5.4 Encryption required for requested authentication mechanism", "TLS first", "smtp-use-starttls"),
    "rcpthosts": ("mx.example.com", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "stranger", "smtp-auth-user"),
    "wants-tls-or-login": ("mx.example.com", "530 5.7.0 no", "TLS, or a login", "smtps"),
    "sender-rejected-at-rcpt": ("mx.example.com", "450 4.1.8 <a@example.com>: Sender address rejected: Domain not found", "the sender", "`from`"),
    "recipient-takes-none": ("smtp.aliyun.com", "542 This account isn't allowed to receive email", "the recipient takes no mail", "postmaster"),
    "unknown-at-the-dot": ("smtp.aliyun.com", "554 RCPT (nobody@example.com) dosn't exist", "no such mailbox", "recipient's address"),
}
# fmt: on


def _reply(line: str) -> tuple[Reply, bool]:
    """Make the reply, and tell whether it is to a login."""
    line, at_login = line.removeprefix("AUTH "), line.startswith("AUTH ")
    return Reply.from_octets(int(line[:3]), [line[4:].encode()]), at_login


@pytest.mark.parametrize("case", SEEN)
def test_reply_of_a_provider_is_explained(case: str) -> None:
    host, line, meaning, step = SEEN[case]
    reply, at_login = _reply(line)
    login = AuthenticationError("refused") if at_login else None
    advice = explain(reply, host=host, login=login)
    assert meaning in advice.meaning
    assert step in advice.next_step
    assert "{" not in "".join(advice)


RELAY = "554 5.7.1 <a@example.net>: Relay access denied"
LMTP = "500 5.5.1 Command not recognized: HELO, use LHLO"
NO_DOMAIN = "504 5.5.2 <root>: must contain a domain"


def _at(step: str, line: str, *, tls: bool = False, login: bool = False) -> Reply:
    return replace(_reply(line)[0], answers=step, in_tls=tls, logged_in=login)


# fmt: off
AT_STEPS = {
    "stranger": (_at("RCPT x", RELAY), "stranger", "user"),
    "known": (_at("RCPT x", RELAY, login=True), "this account", "set from="),
    "login-alone-is-missing": (_at("MAIL x", "530 no", tls=True), *NEEDS_LOGIN),
    "in-clear": (_at("MAIL x", "530 no"), "TLS, or a login", "smtps"),
    "from": (_at("MAIL x", NO_DOMAIN), "no domain", "set from="),
    "to": (_at("RCPT x", NO_DOMAIN), "recipient's", "alias"),
    "no-message-yet": (_at("greeting", "554 IP address blocked by policy, spam"), "this machine's address", "take the address off"),
    "lmtp": (_at("HELO x", LMTP), "LMTP", "lmtp://"),
    "not-on-the-list-of-users": (_at("RCPT x", "550 5.1.1 User (a@example.com) not listed in Directory"), "no such mailbox", "recipient's address"),
    "message": (_at("DATA", "552 anti-spam engine"), *SPAM),
    "from-told-late": (_at("RCPT x", f"504 5.5.2 <root>: Sender address rejected: {NO_DOMAIN}"), "address has no domain", "set from="),
    "spam-too-early": (_at("greeting", "554 no spam"), "this machine", "smtp"),
    "account-of-the-recipient": (_at("RCPT x", "550 account is disabled"), "no such mailbox", "recipient's"),
    "tls-is-there": (_at("RCPT x", "454 Must issue a STARTTLS command first", tls=True), "cannot take it now", "later"),
    "busy": (_at("greeting", "450 try again later"), "no session", "later"),
}
# fmt: on


@pytest.mark.parametrize(("reply", "meaning", "step"), AT_STEPS.values(), ids=AT_STEPS)
def test_reply_is_explained_by_the_state_of_the_session(
    reply: Reply, meaning: str, step: str
) -> None:
    advice = explain(reply, host="mx.example.com")
    assert meaning in advice.meaning
    assert step in advice.next_step


@pytest.mark.parametrize(
    ("user", "host", "meaning", "step"),
    [
        ("me@163.com", "smtp.qq.com", "one of 163", "set smtp=smtps://smtp.163.com"),
        ("1@qq.com", "smtp.163.com", "one of QQ Mail", "set smtp=smtps://smtp.qq.com"),
        ("me@163.com", "smtp.163.com", "authorization code", "mail.163.com"),
        ("me@126.com", "smtp.163.com", "authorization code", "mail.163.com"),
        ("me@gmail.com", "smtp-relay.brevo.com", "key", "Brevo"),
        ("me@gmail.com", "mx.example.com", "password is wrong", "smtp-auth-user"),
    ],
)
def test_account_of_another_provider_is_named(
    user: str, host: str, meaning: str, step: str
) -> None:
    """Services that send for programs have logins of anybody's address."""
    login = AuthenticationError("refused")
    login.user = user
    advice = explain(_at("AUTH", "535 no"), host=host, login=login)
    assert meaning in advice.meaning
    assert step in advice.next_step


def test_vague_refusal_of_a_login_is_explained_by_the_kind_of_secret() -> None:
    login = AuthenticationError("refused")
    reply = _at("AUTH", "551 auth error.")
    advice = explain(reply, host="smtp.sina.com", login=login)
    assert "authorization code" in advice.meaning


def test_every_row_explains_a_known_reply() -> None:
    replies = (
        _at("RCPT x", RELAY, login=True),
        _at("RCPT x", NO_DOMAIN),
        _at("HELO x", LMTP),
    )
    found = {explained.advice for explained in map(find, replies) if explained}
    for host, line, *_ in SEEN.values():
        reply, at_login = _reply(line)
        explained = find(reply, host.partition(":")[0], at_login=at_login)
        assert explained is not None
        found.add(explained.advice)
    assert {row.advice for row in ROWS} <= found


def test_every_pattern_advice_and_family_is_defined_and_used() -> None:
    table = read_data("provider_replies.toml")
    used = "".join(row["words"] for row in table["reply"])
    assert set(re.findall(r"\{([a-z]\w*)\}", used)) == set(table["patterns"])
    named = {row.get("advice") for row in table["reply"]} | {"elsewhere"}
    assert named - {None} | {kind.value for kind in SecretKind} == set(ADVICE)
    families = {row.family for row in ROWS}
    assert families <= {provider.family for provider in PROVIDERS}


@pytest.mark.parametrize("row", ROWS)
def test_words_are_a_regular_expression_and_steps_are_verbs(row: ProviderReply) -> None:
    re.compile(row.words)
    assert set(row.steps) <= {GREETING, HELLO, LOGIN, MAIL, RCPT, CONTENT}


def test_advice_on_logins_needs_a_failed_login() -> None:
    reply = Reply(550, ("User has no permission",))
    at_login = AuthenticationError("refused", reply=reply)
    later = RefusedError("refused", reply=reply)
    assert "not switched on" in explain_failure(at_login, "smtp.163.com").meaning
    assert "the login was right" in explain_failure(later, "smtp.163.com").meaning


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("netease-permission-at-login", "163"),
        ("qq-code", "QQ Mail"),
        ("qq-busy", "QQ Mail"),
        ("qq-switched-off", "QQ Mail"),
        ("aliyun-login", "Ali"),
        ("google-app-password", "Gmail"),
        ("google-login", "Gmail"),
    ],
)
def test_words_of_one_provider_alone_are_explained_at_any_host(
    case: str, name: str
) -> None:
    reply, at_login = _reply(SEEN[case][1])
    here = find(reply, SEEN[case][0], at_login=at_login)
    away = find(reply, "mx.example.com", at_login=at_login)
    assert here is not None
    assert away is not None
    assert away.advice == here.advice
    assert away.provider is not None
    assert name in away.provider.name


def test_words_of_one_provider_are_not_explained_at_another() -> None:
    reply = Reply(535, ("Error: authentication failed",))
    for host in ("smtp.example.com", "not163.com", "127.0.0.1"):
        assert find(reply, host, at_login=True) is None


@pytest.mark.parametrize("row", [row for row in ROWS if "{" in row.advice.next_step])
def test_advice_with_holes_belongs_to_a_provider(row: ProviderReply) -> None:
    assert row.family in {provider.family for provider in PROVIDERS}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda p: f"{p.name}-{p.hosts[0]}")
def test_a_refused_login_names_the_place_where_the_secret_is_made(
    provider: Provider,
) -> None:
    host = provider.hosts[0]
    login = AuthenticationError("refused")
    advice = explain(Reply(535, ("no",)), host=host, login=login)
    if host == "127.0.0.1":  # everybody's
        assert provider.where not in advice.next_step
        return
    assert provider.where in advice.next_step
    if provider.secret is not SecretKind.TOKEN:
        assert advice.next_step.endswith("then: pymail --login ADDRESS")


@pytest.mark.parametrize(
    ("user", "place", "language", "step"),
    [
        ("me@163.com", "", "en", "; then: pymail --login me@163.com"),
        ("me@163.com", "", "zh", "；然后执行：pymail --login me@163.com"),
        ("me@163.com", "~/.mailrc:2", "en", "; then: put it where the old one is: "),
        ("me@163.com", "~/.mailrc:2", "zh", "；然后替换原处的旧密码：~/.mailrc:2"),
    ],
)
def test_a_refused_login_says_where_the_right_secret_has_to_go(
    user: str, place: str, language: str, step: str
) -> None:
    error = AuthenticationError("refused", reply=Reply(535, ("no",)))
    error.user, error.place = user, place
    advice = explain_failure(error, "smtp.163.com:465", language=language)
    assert step in advice.next_step
    assert advice.next_step.endswith(place or user)


NEVER = ("aliyun-from", "direct-mail-from", "qq-switched-off")


@pytest.mark.parametrize("case", SEEN)
def test_some_4yz_replies_are_permanent(case: str) -> None:
    reply, _ = _reply(SEEN[case][1])
    assert means_never(reply) is (case in NEVER)
    final = reply.permanent or case in NEVER
    assert fate_of(reply) is (Fate.REFUSED if final else Fate.DEFERRED)


@pytest.mark.parametrize(
    ("case", "status"),
    [("qq-switched-off", 77), ("google-logins", 75), ("qq-code", 77)],
)
def test_status_of_a_refused_login(case: str, status: int) -> None:
    reply, _ = _reply(SEEN[case][1])
    failure = AuthenticationError("refused", reply=reply)
    assert exit_status_for(failure) == status


def test_long_reply_is_searched_only_as_far_as_it_is_shown() -> None:
    late = Reply(554, ("x" * SHOWN_CHARACTERS + " DT:SPM",))
    assert find(late, "smtp.163.com") is None
