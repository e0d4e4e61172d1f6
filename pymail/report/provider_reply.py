"""A reply of a provider and what it means there; what several of them mean."""

from typing import NamedTuple

from pymail.report.advice import Advice
from pymail.report.provider import SecretKind


class Row(NamedTuple):
    """One reply and what it means.

    It fits when the code is one of `codes` (none: any), `words` are found in the
    text (a regular expression, any case), the server is of the `family` (none: any;
    with `anywhere` also one whose host nobody knows, for words that no one else
    says), and a login is or is not what was answered (`at_login`; None: either).
    With `steps` it has to answer one of them, where that is known, with `logged_in` to
    come behind a login, with `in_clear` without TLS. The advice may have "{where}" and
    "{name}", of the server's provider or the first of the family, and "{keep}", how the
    secret is kept. `never_again`: it is for good, although a 4yz.
    """

    words: str
    advice: Advice
    codes: tuple[int, ...] = ()
    family: str = ""
    anywhere: bool = False
    at_login: bool | None = None
    steps: tuple[str, ...] = ()
    logged_in: bool = False
    in_clear: bool = False
    never_again: bool = False


# How a secret is kept: in a store of pymail's own, or where the old one stands.
STORE_IT = "pymail --login {}"
PUT_IT = "put it where the old one is: {}"
MAKE_AND_STORE = "{where}; then: {keep}"
FROM_IS_LOGIN = "set from=, and -r, to the address in smtp-auth-user"

NOT_OWNED = Advice(
    "the sender is not the account that logged in, which this provider requires",
    FROM_IS_LOGIN,
)
NEEDS_LOGIN = Advice(
    "the server wants a login",
    "set smtp-auth-user, then: {keep}",
)
TOO_LARGE = Advice(
    "the message is larger than the provider takes",
    "put the file somewhere and send a link",
)
SPAM = Advice(
    "the provider takes this mail for spam",
    "give it a real subject and text, From and To, and fewer links and images",
)
TOO_MANY_LOGINS = Advice(
    "too many failed logins came from this address",
    "stop for 15 to 30 minutes, and put the password right before the next try",
)

SUSPENDED = Advice(
    "the provider does not allow this account to send, or has locked it",
    "log in to the webmail and look for a notice, or ask the provider",
)

ELSEWHERE = Advice("the account is one of {name}, the server is not", "set smtp={url}")

# What a refused login means where the words do not say it.
LOGIN_CODES = (526, 534, 535)
VAGUE_CODES = (550, 551, 553, 554)  # which say so at AUTH alone
LOGIN_REFUSED: dict[SecretKind, Advice] = {
    SecretKind.AUTHORIZATION_CODE: Advice(
        "this is not the authorization code, which {name} wants in place of the login "
        "password",
        MAKE_AND_STORE,
    ),
    SecretKind.APP_PASSWORD: Advice(
        "this is not an app password, which {name} wants in place of the login "
        "password",
        MAKE_AND_STORE,
    ),
    SecretKind.PASSWORD: Advice(
        "{name} does not accept this user name and password", MAKE_AND_STORE
    ),
    SecretKind.API_KEY: Advice(
        "{name} does not accept this user name and key", MAKE_AND_STORE
    ),
    SecretKind.TOKEN: Advice(
        "{name} takes no passwords any more, only OAuth 2 access tokens", "{where}"
    ),
}
