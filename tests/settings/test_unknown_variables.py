"""Unknown variables, and the known ones that they resemble."""

import pytest

from pymail.settings.unknown_variables import READING_ONLY, unknown_variables
from pymail.settings.variables import BY_NAME


@pytest.mark.parametrize(
    "name",
    [
        *("smtp", "smtp-auth-user", "ssl-verify", "password-me@example.com@mx"),
        *("smtp-auth-password-me@example.com", "user-mail.example.com", "crt"),
        *("pipe-text/html", "nss-config-dir", "headline", "recipients-in-cc"),
        *("smtp-auth-web@example.com", "folder-hook-+lists", "colour-mle-prompt"),
        *("smtp-use-starttls-mail.example.com:587", "tls-verify-me@example.com"),
    ],
)
def test_name_that_any_mailx_knows_is_not_reported(name: str) -> None:
    assert unknown_variables([name]) == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("smtp-auth-pasword", "smtp-auth-password"),
        ("smpt", "smtp"),
        ("form", "from"),
        ("ssl-verfy", "ssl-verify"),
        ("smtp-auth-pasword-me@example.com", "smtp-auth-password-me@example.com"),
        ("smtp-auht-user-me@x-y.org", "smtp-auth-user-me@x-y.org"),
        ("SMTP", "smtp"),
        ("SMTP_AUTH_USER", "smtp-auth-user"),
        ("weekday", ""),
        ("@", ""),
    ],
)
def test_misspelt_name_is_reported_with_the_known_one(name: str, meant: str) -> None:
    assert unknown_variables([name]) == {name: meant}


def test_no_name_is_in_both_tables() -> None:
    assert READING_ONLY.isdisjoint(BY_NAME)
