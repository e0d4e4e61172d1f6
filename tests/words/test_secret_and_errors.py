"""A secret that does not print, and failures that say what to do."""

import copy
import pickle

import pytest

from pymail.errors import AuthenticationError, PymailError, TransientError
from pymail.outcome.reply import Reply
from pymail.secret import PLACEHOLDER, Secret


def test_secret_is_opened_by_reveal_alone() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    for shown in (repr(secret), str(secret), f"{secret:>20}", f"{[secret]}"):
        assert "hunter2" not in shown
        assert PLACEHOLDER in shown


def test_secret_is_not_pickled_or_copied() -> None:
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(Secret("hunter2"))


def test_secrets_compare_and_do_not_hash() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")
    with pytest.raises(TypeError):
        hash(Secret("a"))


def test_failure_names_the_step_first() -> None:
    error = PymailError("refused", doing="connecting to h:25")
    assert str(error) == "connecting to h:25: refused"
    assert str(PymailError("refused")) == "refused"


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        pytest.param(PymailError("x"), False, id="usual"),
        pytest.param(TransientError("x"), True, id="transient"),
        pytest.param(AuthenticationError("x"), False, id="login"),
        pytest.param(AuthenticationError("x", reply=Reply(454)), True, id="login-454"),
        pytest.param(AuthenticationError("x", reply=Reply(535)), False, id="login-535"),
    ],
)
def test_failure_knows_whether_another_try_can_help(
    error: PymailError, transient: bool
) -> None:
    assert error.transient is transient
