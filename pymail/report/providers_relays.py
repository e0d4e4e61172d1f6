"""Services that send the mail of programs; the addresses are their users' own."""

from pymail.report.provider import Provider, SecretKind

_KEY = SecretKind.API_KEY
_PASSWORD = SecretKind.PASSWORD
_TODAY = "2026-11-26"  # the day on which pages without a date were read

RELAYS: tuple[Provider, ...] = (
    Provider(
        name="SendGrid",
        hosts=("smtp.sendgrid.net", "sendgrid.net"),
        secret=_KEY,
        where="create an API key with Mail Send in SendGrid, Settings > API Keys; "
        "smtp-auth-user is the word apikey",
        verified=_TODAY,
        source="the documentation of Twilio SendGrid",
        starttls_port=587,
        more_starttls_ports=(2525,),
        login="apikey",
    ),
    Provider(
        name="Amazon SES",
        hosts=("email-smtp.us-east-1.amazonaws.com", "amazonaws.com"),
        secret=_PASSWORD,
        where="create SMTP credentials in the SES console of the server's region; they "
        "are not the access key",
        verified=_TODAY,
        source="the documentation of Amazon SES; Nodemailer's list of services",
        starttls_port=587,
        more_starttls_ports=(25, 2587),
        family="amazon",
    ),
    Provider(
        name="Mailgun",
        hosts=("smtp.mailgun.org", "smtp.eu.mailgun.org", "mailgun.org"),
        secret=_PASSWORD,
        where="take the SMTP credentials of the sending domain in Mailgun, of the "
        "server's region (US or EU)",
        verified=_TODAY,
        source="the documentation of Spree Commerce; Nodemailer's list of services",
        starttls_port=587,
    ),
    Provider(
        name="Postmark",
        hosts=(
            *("smtp.postmarkapp.com", "smtp-broadcasts.postmarkapp.com"),
            "postmarkapp.com",
        ),
        secret=_KEY,
        where="copy the Server API Token from API Tokens in Postmark; it is "
        "smtp-auth-user and the password",
        verified=_TODAY,
        source="the support pages of Postmark",
        tls_port=None,
        starttls_port=587,
    ),
    Provider(
        name="Brevo",
        hosts=("smtp-relay.brevo.com", "brevo.com", "sendinblue.com"),
        secret=_KEY,
        where="create an SMTP key (not an API key) in Brevo, Settings > SMTP & API; "
        "smtp-auth-user is the login shown there",
        verified=_TODAY,
        source="the documentation of Brevo",
        starttls_port=587,
    ),
    Provider(
        name="Mailjet",
        hosts=("in-v3.mailjet.com", "mailjet.com"),
        secret=_KEY,
        where="take API key and secret key from Mailjet, SMTP and SEND API Settings; "
        "smtp-auth-user is the API key",
        verified=_TODAY,
        source="the setup guide of Sendy; Mailjet's library for Ruby",
        tls_port=None,
        starttls_port=587,
    ),
    Provider(
        name="Resend",
        hosts=("smtp.resend.com", "resend.com"),
        secret=_KEY,
        where="create an API key in Resend; smtp-auth-user is the word resend",
        verified=_TODAY,
        source="the documentation of Resend",
        starttls_port=587,
        login="resend",
    ),
)
