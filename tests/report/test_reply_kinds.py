"""Replies of real servers, by kind: what each means, and where it can be said."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.errors import AuthenticationError, RefusedError
from pymail.model import replace
from pymail.reply import CONTENT, GREETING, HELLO, LOGIN, MAIL, RCPT, STARTTLS, Reply
from pymail.report.delivery_report import (
    Fate,
    RecipientFate,
    Report,
    can_recover,
    fate_of,
)
from pymail.report.exit_status import exit_status_for
from pymail.report.explain import explain, explain_failure
from pymail.report.providers import PROVIDERS, Provider, SecretKind, read_data
from pymail.report.reply_kinds import HEARD, KINDS, ROWS, SOURCES, find, find_by_id
from pymail.report.status_codes import Advice

COMMANDS = {
    MAIL: "MAIL FROM:<me@example.com>",
    RCPT: "RCPT TO:<ops@example.com>",
    HELLO: "EHLO web1.example.com",
}

# Replies that were seen in the wild, by the id of their advice. Each has the step before
# it, with "+" behind a login and "*" in TLS, and the host where that is known.
# fmt: off
SEEN: dict[str, list[str]] = {
    "126-code": [
        "AUTH* smtp.126.com: 535 Error: authentication failed",
    ],
    "163-code": [
        "AUTH* smtp.163.com: 535 Error: authentication failed",
    ],
    "account-locked": [
        "RCPT+* smtp.163.com: 554 MI:SPB 163",
        "RCPT+* smtpdm.aliyun.com: 551 Main account unavailable",
        "DATA: 554 Message rejected: Sending suspended for this account.",
        "AUTH*: 535 Error: authentication failed, account is locked",
        "DATA+*: 550 5.3.4 Requested action not taken; We noticed some unusual activity in your Hotmail account. To help protect you, we've temporarily blocked your account.",
        "DATA+*: 554 5.7.1 <me@corp.example>: Sender address rejected: Disabled by user from hPanel",
    ],
    "account-permission": [
        "RCPT+* smtp.163.com: 550 User has no permission",
    ],
    "account-tenant": [
        "MAIL+*: 550 5.1.8 Access denied, bad outbound sender AS(42004)",
    ],
    "aliyun-direct-mail-password": [
        "AUTH* smtpdm.aliyun.com: 535 Authentication failure.",
    ],
    "attachment": [
        "DATA+* smtp.gmail.com: 552 5.7.0 blocked because its content presents a potential security issue.",
        r"DATA: 552-5.7.0 This message was blocked because its content presents a potential\n552-5.7.0 security issue. Please visit\n552 5.7.0  https://support.google.com/mail/?p=BlockedMessage",
        "DATA: 554 5.7.0 Reject, id=12345-01 - BANNED: .exe,.exe-ms,a.exe",
        "DATA: 550 5.7.1 Message content rejected",
    ],
    "code-421": [
        "greeting: 421 4.7.0 Try again later, closing connection.",
    ],
    "code-550": [
        "RCPT: 550 Requested action not taken: mailbox unavailable",
    ],
    "connections": [
        "greeting: 421 4.7.0 Error: too many connections from 192.0.2.1",
        "greeting: 421 Too many concurrent SMTP connections from this IP address; please try again later.",
        "greeting: 421 4.3.2 Connection rate limit exceeded.",
        "DATA+*: 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
    ],
    "dkim": [
        "DATA: 550 5.7.20 No passing DKIM signature found",
    ],
    "dmarc": [
        "DATA: 550 5.7.515 Access denied, sending domain CORP.EXAMPLE does not meet the required authentication level. The sender's domain in the 5322.From address doesn't meet the authentication requirements defined for the sender.",
        r"DATA: 550-5.7.26 Unauthenticated email from corp.example is not accepted due to domain's\n550-5.7.26 DMARC policy. Please contact the administrator of corp.example domain if\n550 5.7.26 this was a legitimate mail.",
        "DATA: 550 5.2.0 xj4a Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001",
    ],
    "fastmail-app-password": [
        "AUTH* smtp.fastmail.com: 535 5.7.0 Incorrect username",
    ],
    "from-differs": [
        "DATA+* smtp.163.com: 554 DT:SUM 163",
        "DATA+* smtp.163.com: 554 DT:SUM 163 smtp1",
    ],
    "gmail-app-password": [
        "AUTH* smtp.gmail.com: 534 5.7.9 Application-specific password required.",
        "AUTH* smtp.gmail.com: 535 5.7.8 Username and Password not accepted.",
        "AUTH*: 535 5.7.8 Username and Password not accepted from your country",
    ],
    "gmx-password": [
        "AUTH* mail.gmx.net: 535 no",
    ],
    "greeting-refused": [
        "greeting: 554 IP=203.0.113.7 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify.) (BL)",
    ],
    "greylist": [
        "RCPT: 450 4.7.1 Greylisted, try again",
        "RCPT: 450 4.7.1 <ops@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html",
        "RCPT: 450 4.2.0 <ops@example.com>: Recipient address rejected: Greylisting in effect, please come back later",
        "RCPT: 451 4.7.1 Greylisting in action, please come back later",
    ],
    "header": [
        "DATA: 554 5.7.0 Reject, id=12345-01 - BAD_HEADER",
        "DATA: 554 5.6.0 Message contains bare LF and is violating 822.bis section 2.3",
        "DATA: 550 maximum allowed line length is 998 octets, got 1234",
        "DATA+*: 554 Transaction failed: Duplicate header 'Subject'.",
        "DATA+*: 550 5.6.0 Lone CR or LF in headers (see RFC2822 section 2.2)",
    ],
    "header-from": [
        r"DATA: 550-5.7.1 [203.0.113.7] Messages missing a valid address in From: header, or having\n550-5.7.1 no From: header, are not accepted.",
    ],
    "hello": [
        "RCPT+* smtp.gmail.com: 501 5.5.4 HELO/EHLO argument invalid",
        "RCPT: 504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
        "EHLO: 550 5.7.1 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)",
        "EHLO: 501 Syntactically invalid HELO argument(s)",
        "EHLO*: 501 5.5.4 Invalid domain name",
        "EHLO: 504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
        "EHLO: 550 bad HELO - host impersonating domain name",
    ],
    "icloud-mail-app-password": [
        "AUTH* smtp.mail.me.com: 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
    ],
    "ip-deferred": [
        "MAIL: 421 4.7.0 [TSS04] Messages from 203.0.113.7 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
        "MAIL: 553 5.7.2 [TSS09] All messages from 203.0.113.7 will be permanently deferred; Retrying will NOT succeed.",
        "MAIL: 451 4.7.650 The mail server [203.0.113.7] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775)",
        "RCPT mx1.qq.com: 550 Ip frequency limited. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725",
        r"DATA: 550-5.7.1 [203.0.113.7] Our system has detected an unusual rate of\n550-5.7.1 unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been blocked.",
    ],
    "ip-dynamic": [
        "MAIL: 550 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using Spamhaus PBL. Mail from IP banned.",
        "MAIL: 553 Mail from 203.0.113.7 not allowed - 5.7.1 [BL21] Connections not accepted from IP addresses on Spamhaus PBL; see http://postmaster.yahoo.com/errors/550-bl21.html",
    ],
    "ip-listed": [
        "greeting: 554 rejecting open proxy",
        "DATA: 554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "RCPT: 550 5.7.1 part of their network is on our block list (S3140).",
        "MAIL: 550 5.7.1 Mail from 192.0.2.1 was rejected due to listing in Spamhaus SBL",
        "greeting*: 554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.7",
        r"greeting: 554-mx1.example.com\n554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means.",
        "greeting: 550 Your IP 203.0.113.7 is blacklisted, see http://example.com",
        "greeting: 521 5.7.1 Service unavailable; client [203.0.113.7] blocked using b.barracudacentral.org",
        "greeting: 554 5.7.1 ACCESS DENIED to <203.0.113.7> through yb-smtpin-prd-8002 because of IP reputation",
        "MAIL: 550 5.7.1 Unfortunately, messages from [203.0.113.7] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors.",
        "RCPT: 550 5.7.1 Service unavailable, Client host [203.0.113.7] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/query/ip/203.0.113.7 AS(1450)",
        "RCPT: 550 5.7.606 Access denied, banned sending IP [203.0.113.7]. To request removal from this list please visit https://sender.office.com/ and follow the directions.",
        "RCPT: 550 5.7.511 Access denied, banned sender[203.0.113.7]. To request removal from this list please forward this message to delist@messaging.microsoft.com",
        r"RCPT: 550-JunkMail rejected - web1.lan [203.0.113.7]:36825 is in an\n550 RBL on zen.spamhaus.org, see https://www.spamhaus.org",
    ],
    "ip-refused": [
        "greeting* smtp.163.com: 554 HL:IPB 163",
        "RCPT: 554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
        "MAIL: 554 5.7.1 <unknown[203.0.113.7]>: Client host rejected: Access denied",
    ],
    "ip-suspended": [
        "DATA+* smtp.163.com: 554 IP is rejected, smtp auth error limit exceed",
        "greeting* smtp.163.com: 554 HL:IHU 163",
        "RCPT+: 554 IP in blacklist",
    ],
    "lmtp": [
        "EHLO: 500 5.5.1 Command not recognized: EHLO, use LHLO",
    ],
    "login-address": [
        "AUTH*: 535 5.7.1 Login from IP 203.0.113.7 is blocked",
    ],
    "login-app-password": [
        "AUTH*: 535 5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external / Application password is REQUIRED",
        "AUTH*: 535 5.7.8 Authentication failed. Two-factor authentication is enabled, use an application-specific password",
    ],
    "login-browser": [
        "AUTH* smtp.gmail.com: 534 5.7.14 Please log in via your web browser and then try again.",
        "AUTH*: 534 5.7.9 Please log in with your web browser and then try again",
    ],
    "login-busy": [
        "AUTH*: 454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        "AUTH*: 535 5.7.8 Error: authentication failed: Connection lost to authentication server",
    ],
    "login-code-or-busy": [
        "AUTH* smtp.qq.com: 535 Login Fail. Please enter your authorization code to login. More information in http://service.mail.qq.com/cgi-bin/help?id=28&&no=1001256",
        "AUTH* smtp.exmail.qq.com: 535 Login Fail. Please enter your authorization code to login.",
        "AUTH*: 535 Error: 请使用授权码登录。详情请看: http://service.mail.qq.com/x",
    ],
    "login-exchange": [
        "AUTH*: 535 5.7.3 Authentication unsuccessful",
        "AUTH*: 535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
    ],
    "login-expired": [
        "AUTH*: 535 5.7.8 password has expired, please change it",
    ],
    "login-full-address": [
        "AUTH*: 535 5.7.8 Error: user name must be full email address",
    ],
    "login-mechanism": [
        "AUTH*: 504 5.7.4 Unrecognized authentication type [AM0PR]",
        "AUTH*: 538 5.7.11 Encryption required for requested authentication mechanism",
    ],
    "login-not-here": [
        "AUTH*: 503 5.5.1 Error: authentication not enabled",
    ],
    "login-oauth": [
        "AUTH* smtp-mail.outlook.com: 535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        "RCPT+* smtp.office365.com: 550 5.7.30 Basic authentication is not supported for Client Submission",
    ],
    "login-policy": [
        "AUTH*: 535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
    ],
    "login-service-user": [
        "AUTH email-smtp.eu-west-1.amazonaws.com: 535 Authentication Credentials Invalid",
    ],
    "login-slowed": [
        "AUTH* smtp.exmail.qq.com: 535 Error: authentication failed, system busy",
    ],
    "login-user-form": [
        "AUTH* smtp.qiye.aliyun.com: 526 Authentication failure[0]",
    ],
    "login-wrong": [
        "AUTH*: 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
        "AUTH*: 535 Incorrect authentication data",
        "AUTH*: 535 authorization failed (#5.7.0)",
    ],
    "loop": [
        "DATA+*: 550 5.7.1 message rejected: too many hops",
        "DATA+*: 554 5.4.6 Too many hops",
    ],
    "mailbox-full": [
        "RCPT: 552 mailbox is full",
        "RCPT: 452 4.2.2 The email account that you tried to reach is over quota. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaTemp",
        "RCPT: 552 5.2.2 <ops@example.com>: Quota exceeded (mailbox for user is full)",
    ],
    "many-login-faults": [
        "greeting* smtp.163.com: 554 IP is rejected, smtp auth error limit exceed,163 smtp3",
    ],
    "message-refused": [
        "DATA+*: 535 5.7.0 no",
    ],
    "naver-mail-app-password": [
        "AUTH* smtp.naver.com: 535 5.7.1 Username and Password not accepted",
    ],
    "needs-login": [
        "MAIL: 530 5.7.0 No AUTH command has been given.",
        "RCPT* smtp.163.com: 553 authentication is required",
        "RCPT* smtp.qq.com: 503 Error: need EHLO and AUTH first !",
        "MAIL*: 530 5.7.0 Authentication Required. For more information, go to https://support.google.com/mail/?p=WantAuthError",
        "MAIL*: 553 5.7.1 <me@corp.example>: Sender address rejected: not logged in",
    ],
    "needs-tls": [
        "MAIL smtp.gmail.com: 530 5.7.0 Must issue a STARTTLS command first",
        "RCPT: 504 5.5.4 Encryption required for requested authentication mechanism",
        "AUTH: 503 AUTH command used when not advertised",
        "AUTH: 538 5.7.11 Encryption required for requested authentication mechanism",
        "MAIL: 530 5.7.0 Must issue a STARTTLS command first. a1 - gsmtp",
    ],
    "needs-tls-or-login": [
        "RCPT: 530 5.7.0 no",
    ],
    "netease-enterprise-mail-password": [
        "AUTH* smtp.qiye.163.com: 535 Error: authentication failed",
    ],
    "no-such-domain": [
        r"RCPT: 550-Requested action not taken: mailbox unavailable\n550 invalid DNS MX or A/AAAA resource record",
        "RCPT: 550 5.1.2 <ops@exmaple.invalid>: Recipient address rejected: Domain not found",
        "RCPT: 450 4.1.2 <ops@exmaple.invalid>: Recipient address rejected: Domain not found",
        "RCPT: 556 5.1.10 <ops@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)",
    ],
    "no-such-user": [
        "RCPT: 550 unavailable mail user",
        "RCPT: 550 local server don't exists that user",
        "RCPT: 550 not user of this server",
        "RCPT+* smtpdm.aliyun.com: 559 Invalid rcptto",
        "RCPT+* smtp.aliyun.com: 554 RCPT (nobody@example.com) dosn't exist",
        "RCPT+*: 550 5.1.1 <ops@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
        "RCPT: 550 5.1.1 <ops@example.com>... User unknown",
        "RCPT: 550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR]",
        "RCPT: 550 sorry, no mailbox here by that name. (#5.1.1)",
        "RCPT: 554 delivery error: dd This user doesn't have a yahoo.com account (ops@yahoo.com) [0] - mta1",
        "RCPT: 550 Message was not accepted -- invalid mailbox. Local mailbox ops@mail.ru is unavailable: user not found",
        "RCPT: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        "RCPT+* smtp.qq.com: 550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728",
    ],
    "not-authenticated": [
        r"DATA: 550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\n550-5.7.26\n550-5.7.26  Authentication results:\n550-5.7.26  DKIM = did not pass\n550-5.7.26  SPF [corp.example] with ip: [203.0.113.7] = did not pass",
        "DATA: 550 Rejected by header based Anti-Spoofing policy: me@corp.example - https://community.mimecast.com/docs/DOC-1369#550",
        r"DATA: 421-4.7.0 This message does not pass authentication checks (SPF and DKIM both\n421-4.7.0 do not pass). SPF check for [corp.example] does not pass with ip:\n421 4.7.0 [203.0.113.7].",
    ],
    "not-for-you": [
        "greeting: 554 No SMTP service here",
    ],
    "not-owned": [
        "MAIL+* smtp.yeah.net: 553 Mail from must equal authorized user",
        "MAIL+* smtp.qq.com: 501 mail from address must be same as authorization user",
        "MAIL+* smtp.qiye.aliyun.com: 440 mail from account doesn't conform with authentication (Auth Account:a)",
        """RCPT+* smtpdm-ap-southeast-1.aliyuncs.com: 436 "MAIL FROM" doesn't conform with authentication [@sm060104]""",
        "MAIL+* smtp.sina.com: 553 Envolope sender mismatch with login user..",
        "MAIL+*: 550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "RCPT+* smtp.zoho.eu: 553 Relaying disallowed as a@example.com",
        "RCPT+* smtp.zoho.com: 553 Relaying disallowed",
        "MAIL+* mail.gmx.net: 550 Sender address is not allowed.",
        "MAIL+* smtp.mail.ru: 550 5.7.0 Sender address rejected: not owned by authorized user",
        "MAIL+* smtp.yandex.com: 553 5.7.1 Sender address rejected: not owned by auth user.",
        "MAIL+* smtp.purelymail.com: 530 5.7.1 You are not authorized to send mail as <a@example.com>",
        "RCPT+* smtp.mail.me.com: 550 5.7.0 From address is not one of your addresses",
        "MAIL+*: 553 5.7.1 <root@web1>: Sender address rejected: not owned by user me@corp.example",
        "DATA+*: 554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message Cannot submit message.",
        "DATA+*: 554 5.2.252 SendAsDenied; me@corp.example not allowed to send as root@corp.example; STOREDRV.Submission.Exception:SendAsDeniedException",
        "DATA+*: 551 5.7.1 Not authorised to send from this header address",
    ],
    "outlook-com-token": [
        "AUTH* smtp-mail.outlook.com: 535 no",
    ],
    "policy": [
        "DATA: 554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes",
        "DATA+*: 554 Email rejected due to security policies - https://community.mimecast.com",
    ],
    "ptr": [
        "RCPT: 450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]",
        r"greeting: 554-gmx.net (mxgmx101) Nemesis ESMTP Service not available\n554-No SMTP service\n554-Bad DNS PTR resource record.\n554 For explanation visit http://postmaster.gmx.com",
        "RCPT: 450 4.7.25 Client host rejected: cannot find your reverse hostname, [203.0.113.7]",
    ],
    "qq-mail-code": [
        "AUTH* smtp.qq.com: 535 no",
    ],
    "quota-used": [
        "RCPT+* smtpdm.aliyun.com: 552 Daily sending quota exceeded",
        "DATA+*: 550 5.7.0 The email limit is reached. Please upgrade your plan to increase this limit https://mailtrap.io/billing/plans/testing",
    ],
    "rate": [
        "DATA+* smtp.mxhichina.com: 554 Reject by behaviour spam ANTISPAM_BAT[0]: too frequently sending",
        "DATA+* smtp.qiye.aliyun.com: 454 Transient reject by behaviour spam",
        "DATA+ email-smtp.us-east-1.amazonaws.com: 454 Throttling failure: Maximum sending rate exceeded.",
        r"RCPT+* mail.gmx.net: 450 Requested mail action not taken: mailbox unavailable\n450-Mail rate limit exceeded.\n450 For explanation visit https://postmaster.gmx.net",
        "DATA+*: 554 5.7.8 You are sending too many mails! Please wait",
        "DATA+*: 550 5.7.0 Requested action not taken: too many emails per second",
        'DATA+*: 451 4.7.1 Ratelimit "hostinger_out_ratelimit" exceeded',
    ],
    "rate-connection": [
        "RCPT+* smtp.163.com: 451 MI:DMC 163 smtp1",
    ],
    "rate-day": [
        "RCPT+* smtp.163.com: 554 MI:STC 163",
        "DATA+* smtp.gmail.com: 550 5.4.5 Daily user sending limit exceeded.",
        "MAIL+*: 554 5.7.1 You have exceeded your daily sending limit",
        "MAIL+* smtp.163.com: 554 MI:STC 163 smtp5",
        "DATA+*: 550 5.4.5 Daily SMTP relay limit exceeded for customer. For more information on SMTP relay sending limits please contact your administrator",
        "DATA+*: 550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    ],
    "rate-hour": [
        "DATA: 550 Domain example.com has exceeded the max emails per hour (250/200) allowed.",
        "RCPT+*: 550 5.7.1 Sender rate limit exceeded, 100 messages per hour",
    ],
    "rate-minutes": [
        "MAIL+* smtp.163.com: 451 MI:SFQ 163 smtp5",
        "MAIL+* smtp.163.com: 451 RP:QRC 163 smtp5",
    ],
    "rate-recipient": [
        "RCPT: 450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time.",
        "RCPT: 451 Ratelimit exceeded for mailbox ops@mail.ru. Try again later",
    ],
    "recipient-disabled": [
        "RCPT: 550 User hangup",
        "RCPT: 550 5.2.1 The email account that you tried to reach is disabled.",
    ],
    "recipient-no-domain": [
        "RCPT: 504 5.5.2 <root>: Recipient address rejected: need fully-qualified address",
    ],
    "recipient-refuses": [
        "RCPT: 550 5.7.1 because the sender isn't on the recipient's list of senders to accept mail from",
        "RCPT+* smtp.aliyun.com: 542 This account isn't allowed to receive email",
        "RCPT: 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed because the sender was not authenticated when sending to this group",
        "RCPT: 554 5.7.1 <ops@example.com>: Recipient address rejected: Access denied",
        "DATA+*: 541 5.4.1 Mail rejected by destination domain",
    ],
    "recipient-suppressed": [
        "DATA+*: 554 Message rejected: Address blacklisted.",
    ],
    "recipient-syntax": [
        "RCPT+*: 550 Restricted characters in address",
        "RCPT: 501 5.1.3 Bad recipient address syntax",
    ],
    "recipient-unchecked": [
        "RCPT: 450 4.1.1 <ops@example.com>: Recipient address rejected: unverified address: connect to mx.example.com[203.0.113.9]:25: Connection timed out",
    ],
    "relay": [
        "RCPT: 554 5.7.1 Relay access denied",
        "RCPT: 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        "RCPT: 554 5.7.1 <ops@example.com>: Relay access denied",
        "RCPT: 550 relay not permitted",
        "RCPT: 550 5.7.1 Unable to relay",
        "RCPT: 550 5.7.1 Relaying denied. Proper authentication required.",
        "RCPT: 503 This mail server requires authentication when attempting to send to a non-local e-mail address. Please check your mail client settings or contact your administrator to verify that the domain or address is defined for this server.",
    ],
    "relay-account": [
        "RCPT+*: 554 5.7.1 <ops@example.com>: Relay access denied",
        "DATA+*: 554 Refused. Sending to remote addresses (relaying) is not allowed.",
    ],
    "sender-blocked": [
        "MAIL: 553 Sender must match the login",
        "MAIL: 553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",
    ],
    "sender-domain": [
        "MAIL: 450 4.1.8 <a@example.com>: Sender address rejected: Domain not found",
        "MAIL+*: 450 4.1.8 <root@web1.lan>: Sender address rejected: Domain not found",
        "MAIL*: 553 5.1.8 <root@web1.lan>... Domain of sender address root@web1.lan does not exist",
        "DATA+*: 450 4.1.8 sender domain does not resolve",
    ],
    "sender-listed": [
        "MAIL: 550 User in blacklist",
        "MAIL: 554 5.7.1 Sender address [a@example.com] blocked using dbl.spamhaus.org",
        "DATA: 550 5.7.1 Gmail has detected that this message is suspicious due to the very low reputation of the sending domain.",
    ],
    "sender-no-domain": [
        "MAIL+* smtp.fastmail.com: 504 5.5.2 <root>: Sender address rejected: need fully-qualified address",
        "MAIL: 501 <root>: sender address must contain a domain",
    ],
    "login-not-counted": [
        "MAIL+*: 530 5.7.1 Client was not authenticated",
    ],
    "sender-refused": [
        "MAIL+*: 501 Invalid MAIL FROM address provided",
    ],
    "sender-unknown": [
        "RCPT: 550 Previous (cached) callout verification failure",
        r"MAIL: 550-Verification failed for <root@web1.lan>\n550-No Such User Here\n550 Sender verify failed",
    ],
    "sendgrid-key": [
        "AUTH* smtp.sendgrid.net: 535 no",
        "AUTH* smtp.sendgrid.net: 535 Authentication failed: The provided authorization grant is invalid, expired, or revoked",
    ],
    "server-full": [
        "MAIL+*: 452 4.3.1 Insufficient system storage",
    ],
    "server-slow": [
        "DATA+*: 451 4.4.2 Timeout waiting for data from client.",
    ],
    "service-address": [
        "AUTH* smtp-relay.brevo.com: 525 5.7.1 Unauthorized IP address 203.0.113.7",
    ],
    "size": [
        "DATA+* smtp.163.com: 552 Requested mail action aborted: exceeded mailsize limit",
        "DATA+* smtpdm.aliyun.com: 557 The length of DATA content is achieved the maximum threshold",
        "DATA+* smtp.zoho.in: 552 5.2.0 Email size exceeded the policy",
        "MAIL+*: 552 5.3.4 Message size exceeds fixed limit",
        "MAIL+*: 552 5.3.4 Message size exceeds file system imposed limit",
    ],
    "smtp-auth-off": [
        "AUTH* smtp.office365.com: 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
    ],
    "smtp-off": [
        "AUTH* smtp.126.com: 550 User has no permission",
        "AUTH*: 550 User has no permission",
        "AUTH* smtp.qq.com: 454 Authentication failed, please open smtp flag first!",
        "AUTH* smtp-relay.brevo.com: 502 5.7.0 Please activate your SMTP account first",
    ],
    "spam": [
        "DATA+* smtp.163.com: 554 DT:SPM 163 smtp8",
        "DATA+* smtpdm.aliyun.com: 554 Reject by content spam",
        "DATA: 554 5.7.1 URL in the message is listed by multi.uribl.com",
        "DATA+* smtp.qq.com: 550 Mail content denied. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",
        "DATA+* smtp.163.com: 554 DT:SPM 163 smtp14,EMCowABn,1711 1711681234,please see http://mail.163.com/help/help_spam_16.htm?ip=203.0.113.7&hostid=smtp14&time=1711681234",
        "DATA: 554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc 1711681234-x",
        "DATA: 550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc",
        r"DATA: 550-5.7.1 [203.0.113.7      12] Our system has detected that this message is\n550-5.7.1 likely unsolicited mail. To reduce the amount of spam sent to Gmail, this\n550-5.7.1 message has been blocked. Please visit\n550 5.7.1  https://support.google.com/mail/?p=UnsolicitedMessageError",
        "DATA: 550 5.7.1 Message rejected as spam by Content Filtering.",
        "DATA: 554 5.7.0 Reject, id=12345-01 - spam",
        "DATA: 550 This message was classified as SPAM and may not be delivered",
        "DATA+*: 550 High probability of spam",
        "DATA: 550 5.7.1 [CS01] message rejected due to local policy",
        "DATA: 554 5.7.1 [HM08] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",
        "DATA+*: 554 rejected due to spam content",
    ],
    "spf": [
        "DATA: 554 Reject by behaviour spam at Rcpt State(IP)A[0]: spf check failedCONTINUE",
        "DATA: 550 rejected: SPF fail - not authorized",
        "RCPT: 550 5.7.1 SPF unauthorized mail is prohibited.",
        "RCPT: 550 5.7.23 The message was rejected because of Sender Policy Framework violation -> 550 5.7.1",
    ],
    "subject": [
        "DATA+* smtp.zeptomail.com: 552 5.2.1 Subject is Mandatory",
    ],
    "suspected": [
        "RCPT: 554 5.7.1 Email cannot be delivered. Reason: Email flagged as Spam.",
    ],
    "refused-here": [
        "RCPT: 550 Administrative prohibition",
    ],
    "tls-trouble": [
        "STARTTLS: 454 4.7.0 TLS not available due to local problem",
    ],
    "too-many-logins": [
        "AUTH* smtp.163.com: 535 Error: smtp auth error limit exceed",
        "AUTH* smtp.gmail.com: 454 4.7.0 Too many login attempts, please try again later.",
        "AUTH*: 535 5.7.1 Your account has been locked for 30 minutes due to too many failed login attempts",
        "AUTH*: 554 5.7.1 Too many bad auth attempts from your IP, come back later",
        "AUTH*: 421 4.7.0 Too many failed authentication attempts",
    ],
    "too-many-recipients": [
        "DATA+* smtpdm.aliyun.com: 556 The number of RCPTs is over size",
        "RCPT: 452 4.5.3 Too many recipients",
    ],
    "trouble": [
        "greeting: 451 ESMTP MailEnable Service temporarily refused connection from IP (203.0.113.7) because the server is too busy.",
        "RCPT: 451 4.3.0 <ops@example.com>: Temporary lookup failure",
        "RCPT: 451 Temporary local problem - please try later",
        "DATA: 451 4.7.500 Server busy. Please try again later from [203.0.113.7]. (AS77712)",
    ],
    "unverified": [
        "MAIL+* smtp.sendgrid.net: 550 The from address does not match a verified Sender Identity",
        "DATA+ email-smtp.eu-west-1.amazonaws.com: 554 Message rejected: Email address is not verified.",
        "DATA+*: 450 The gmail.com domain is not verified. Please, add and verify your domain on https://resend.com/domains",
        "DATA+*: 450 4.7.1 The from.email domain must be verified in your account to send emails #MS42207",
        "DATA+*: 554 5.7.1 Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.",
    ],
    "virus": [
        "DATA+* smtp.zoho.com: 552 5.7.1 virus Win. Test. EICAR_HDB-1 detected by Zoho Mail.",
        "DATA: 554 5.7.0 Reject, id=12345-01 - INFECTED: Eicar-Test-Signature",
    ],
    "x.1.7": [
        "MAIL+*: 501 5.1.7 Invalid address",
    ],
    "yahoo-mail-app-password": [
        "AUTH* smtp.mail.yahoo.com: 535 no",
    ],
    "yandex-mail-app-password": [
        "AUTH* smtp.yandex.ru: 535 5.7.8 Error: authentication failed",
    ],
}
# fmt: on


def heard(line: str) -> tuple[Reply, str]:
    """Make a reply in its place in a session; return it with the server's host."""
    where, _, text = line.partition(": ")
    step, _, host = where.partition(" ")
    verb = step.rstrip("+*")
    lines = text.split("\\n")
    reply = Reply.from_octets(int(text[:3]), [each[4:].encode() for each in lines])
    reply = replace(
        reply,
        answers=COMMANDS.get(verb, verb),
        logged_in="+" in step,
        in_tls="*" in step,
    )
    return reply, host


def advice_on(line: str, language: str = "en") -> Advice:
    """Explain a reply as a send does."""
    reply, host = heard(line)
    login = AuthenticationError("refused", reply=reply)
    at_login = login if reply.step == LOGIN else None
    return explain(reply, host=host, login=at_login, language=language)


EVERY = [(name, line) for name, lines in SEEN.items() for line in lines]


@pytest.mark.parametrize(("name", "line"), EVERY, ids=[line for _, line in EVERY])
def test_reply_is_of_its_kind(name: str, line: str) -> None:
    for language in ("en", "zh"):
        advice = advice_on(line, language)
        assert advice.id == name
        assert "{" not in advice.meaning + advice.next_step


def test_every_kind_has_a_reply() -> None:
    shown = {find_kind(name) for name in SEEN}
    assert set(KINDS) - shown == {"elsewhere", "half-address"}


def find_kind(name: str) -> str:
    """Take the provider's name off an id."""
    ends = (kind for kind in KINDS if name.endswith(f"-{kind}"))
    return name if name in KINDS else max(ends, key=len, default=name)


# --- Whatever a server says ---

STEPS = st.sampled_from([GREETING, HELLO, STARTTLS, LOGIN, MAIL, RCPT, CONTENT])
WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from([line.partition(": ")[2][4:] for _, line in EVERY]),
)


@st.composite
def refusals(draw: st.DrawFn) -> Reply:
    """Any refusal at any step; a login comes before MAIL."""
    step, code = draw(STEPS), draw(st.integers(400, 599))
    enhanced = st.tuples(st.just(code // 100), st.integers(0, 8), st.integers(0, 31))
    later = step in {MAIL, RCPT, CONTENT}
    return Reply(
        code,
        (draw(WORDS),),
        draw(st.one_of(st.none(), enhanced)),
        answers=COMMANDS.get(step, step),
        logged_in=later and draw(st.booleans()),
        in_tls=step != STARTTLS and draw(st.booleans()),
    )


LOG_IN = r"\blog in(?! to the webmail|: | at https)|with a login|smtp-auth-user, then|smtp-auth-password"
USE_TLS = "smtp-use-starttls|smtps://"
OF_LOGINS = {"login", "account", "server", "tls"}
HOSTS = st.sampled_from(["", "smtp.163.com", "smtp.gmail.com", "smtp.office365.com"])


@given(refusals(), HOSTS)
def test_advice_fits_the_state_of_the_session(reply: Reply, host: str) -> None:
    login = AuthenticationError("x", reply=reply) if reply.step == LOGIN else None
    advice = explain(reply, host=host, login=login)
    kind = KINDS.get(find_kind(advice.id))
    assert advice.id
    assert advice.meaning
    assert advice.next_step
    assert kind is None or kind.about in HEARD[reply.step]
    if reply.step in {GREETING, HELLO, STARTTLS, LOGIN, MAIL}:
        assert "recipient's address" not in advice.next_step
        assert "such mailbox at" not in advice.meaning
    if reply.step in {GREETING, HELLO}:
        assert "`from`" not in advice.next_step
        assert "subject" not in advice.next_step
    if reply.step == LOGIN:
        assert kind is None or kind.about in OF_LOGINS
    if reply.logged_in:
        assert not re.search(LOG_IN, advice.next_step)
    if reply.in_tls:
        assert not re.search(USE_TLS, advice.next_step)


@given(refusals())
def test_only_recipients_that_do_not_exist_are_no_users(reply: Reply) -> None:
    report = Report(fates=(RecipientFate("ops@example.com", Fate.REFUSED, reply),))
    if exit_status_for(report) == 67:
        assert reply.step in {RCPT, CONTENT}
        advice = explain(reply)
        assert "recipient" in advice.next_step
        assert re.search(
            "no such|not exist|not written|null MX|address", advice.meaning
        )


@given(refusals())
def test_limits_that_pass_are_tried_again(reply: Reply) -> None:
    kind = KINDS.get(explain(reply).id)
    if reply.permanent and reply.step != LOGIN:
        assert (fate_of(reply) is Fate.DEFERRED) is bool(kind and kind.passes)


# fmt: off
FATES = {
    "code": ("RCPT: 550 no", Fate.REFUSED),
    "limit-of-a-day": ("MAIL+*: 554 MI:STC 163 smtp5", Fate.DEFERRED),
    "limit-of-an-hour": ("RCPT+*: 550 Domain example.com has exceeded the max emails per hour (250/200) allowed", Fate.DEFERRED),
    "quota-of-a-month": ("DATA+*: 550 monthly quota exceeded", Fate.REFUSED),
    "block-list": ("RCPT: 554 Client host [192.0.2.1] blocked using zen.spamhaus.org", Fate.REFUSED),
    "login": ("AUTH*: 535 too many failed logins", Fate.REFUSED),
    "never-owned": ("MAIL+*: 440 mail from account doesn't conform with authentication", Fate.REFUSED),
    "switched-off": ("AUTH*: 454 Authentication failed, please open smtp flag first!", Fate.REFUSED),
    "busy": ("RCPT: 451 Temporary local problem", Fate.DEFERRED),
}
# fmt: on


@pytest.mark.parametrize(("line", "fate"), FATES.values(), ids=FATES)
def test_words_decide_whether_trying_again_helps(line: str, fate: Fate) -> None:
    assert fate_of(heard(line)[0]) is fate


def test_session_that_is_refused_for_now_recovers() -> None:
    reply, _ = heard("greeting: 554 too many connections from your host")
    assert can_recover(RefusedError("x", reply=reply))


def test_long_reply_is_searched_only_as_far_as_it_is_shown() -> None:
    late = Reply(550, ("x" * 500 + " DT:SPM",), answers="DATA")
    assert explain(late).id == "message-refused"


# --- Providers ---


def test_server_is_known_by_its_greeting() -> None:
    """A host of one's own may be a name for the server of a provider."""
    reply = replace(heard("RCPT+*: 553 Relaying disallowed")[0], server="mx.zoho.com")
    assert explain(reply, host="mail.example.com").id == "not-owned"
    assert explain(replace(reply, server="")).id == "relay-account"


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
    advice = explain(heard("AUTH*: 535 no")[0], host=host, login=login)
    assert meaning in advice.meaning
    assert step in advice.next_step


def test_vague_refusal_of_a_login_is_explained_by_the_kind_of_secret() -> None:
    login = AuthenticationError("refused")
    reply, _ = heard("AUTH*: 551 auth error.")
    advice = explain(reply, host="smtp.sina.com", login=login)
    assert "authorization code" in advice.meaning


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


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("163-code", "authorization code, which 163 wants"),
        ("gmail-app-password", "app password, which Gmail wants"),
        ("outlook-com-token", "takes no passwords any more"),
        ("spam", "for spam"),
        ("smtp-off", "not switched on"),
    ],
)
def test_advice_is_found_by_its_id(name: str, meaning: str) -> None:
    found = find_by_id(name)
    assert found is not None
    assert found.advice.id == name
    assert meaning in found.advice.meaning.replace(
        "{name}", found.provider.name if found.provider else ""
    )
    assert find_by_id("no-such-id") is None


# --- The table ---


def test_every_pattern_source_and_family_is_defined_and_used() -> None:
    table = read_data("reply_kinds.toml")
    rows = [row for group in table["words"].values() for row in group]
    used = "".join(row["words"] for row in rows)
    assert set(re.findall(r"\{([a-z]\w*)\}", used)) <= set(table["patterns"])
    assert {row["source"] for row in table["words"]["one_provider"]} == set(SOURCES)
    families = {row.family for row in ROWS} - {""}
    assert families <= {provider.family for provider in PROVIDERS}
    named = {row.kind.id for row in ROWS} | {"elsewhere", "half-address"}
    assert named | {"code", "app-password", "password", "key", "token"} == set(KINDS)


def test_rows_can_apply() -> None:
    """The kind of each is about something that is heard of at each of its steps."""
    for row in ROWS:
        re.compile(row.words)
        assert any(row.kind.about in about for about in HEARD.values())
        assert all(row.kind.about in HEARD[step] for step in row.steps), row


def test_kinds_name_a_next_step_that_suits_those_who_are_logged_in() -> None:
    for kind in KINDS.values():
        if kind.about in HEARD[CONTENT] - {"tls", "no login"}:
            assert not re.search(LOG_IN, kind.logged_in or kind.next_step), kind.id


@pytest.mark.parametrize(
    ("host", "user", "half"),
    [
        ("smtp.exmail.qq.com", "me", True),
        ("smtp.exmail.qq.com", "me@example.com", False),
        ("smtp.exmail.qq.com", "", False),
        ("smtp.mail.me.com", "me", True),
        ("smtp.sendgrid.net", "apikey", False),
        ("mail.example.com", "me", False),
    ],
)
def test_login_without_its_domain_is_said_where_the_provider_wants_one(
    host: str, user: str, half: bool
) -> None:
    reply = Reply(535, ("Error: authentication failed, system busy",))
    found = find(reply, host, at_login=True, user=user)
    assert (found is not None and found.advice.id == "half-address") is half
