"""The memory of refused logins: contents, duration and safe places."""

import fcntl
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pymail.files import refused_logins
from pymail.files.refused_logins import Account, Refusal, RefusedLogins
from pymail.model import replace
from pymail.reply import Reply
from pymail.secret import Secret

NOW = 1_700_000_000.0
ME = Account("me@example.com", "smtp.example.com", 465)
WRONG = Secret("wrong-password")
REPLY = Reply(535, ("Error: authentication failed",), (5, 7, 8))
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "pymail" / "refused-logins"


def of(file: Path) -> RefusedLogins:
    """Return the memory with a fast hash."""
    return RefusedLogins(file, rounds=1)


def put(file: Path, account: Account = ME, secret: Secret = WRONG) -> None:
    of(file).remember(account, secret, Refusal(NOW, REPLY))


def test_refusal_is_remembered_with_its_reply(file: Path) -> None:
    assert of(file).remembered(ME, WRONG, NOW) is None
    put(file)
    found = of(file).remembered(ME, WRONG, NOW + 1)
    assert found == Refusal(NOW, REPLY)
    assert str(found.reply) == "535 5.7.8 Error: authentication failed"
    assert found.until == NOW + 15 * 60


def test_reply_may_have_no_enhanced_code(file: Path) -> None:
    plain = Reply(535, ("no",))
    of(file).remember(ME, WRONG, Refusal(NOW, plain))
    assert of(file).remembered(ME, WRONG, NOW) == Refusal(NOW, plain)


@pytest.mark.parametrize(
    ("after", "counts"),
    [
        pytest.param(0, True, id="at-once"),
        pytest.param(15 * 60 - 1, True, id="nearly-over"),
        pytest.param(15 * 60, False, id="over"),
        pytest.param(-1, False, id="clock-went-back"),
    ],
)
def test_refusal_counts_for_a_quarter_of_an_hour(
    file: Path, after: float, counts: bool
) -> None:
    put(file)
    assert (of(file).remembered(ME, WRONG, NOW + after) is not None) is counts


@pytest.mark.parametrize(
    ("account", "secret"),
    [
        pytest.param(ME, Secret("another"), id="secret"),
        pytest.param(Account("you", ME.host, ME.port), WRONG, id="user"),
        pytest.param(Account(ME.user, "other.example.com", ME.port), WRONG, id="host"),
        pytest.param(Account(ME.user, ME.host, 587), WRONG, id="port"),
    ],
)
def test_refusal_of_another_login_does_not_count(
    file: Path, account: Account, secret: Secret
) -> None:
    put(file)
    assert of(file).remembered(account, secret, NOW) is None


def test_case_and_final_dot_of_the_host_do_not_matter(file: Path) -> None:
    put(file)
    me = Account(ME.user, "SMTP.Example.COM.", ME.port)
    assert of(file).remembered(me, WRONG, NOW) is not None
    of(file).forget(me)
    assert of(file).remembered(ME, WRONG, NOW) is None


def test_several_secrets_are_remembered_and_forgotten_together(file: Path) -> None:
    you = Account("you", ME.host, ME.port)
    put(file)
    put(file, secret=Secret("wrong, too"))
    put(file, account=you)
    of(file).forget(ME)
    assert of(file).remembered(ME, WRONG, NOW) is None
    assert of(file).remembered(ME, Secret("wrong, too"), NOW) is None
    assert of(file).remembered(you, WRONG, NOW) is not None


def test_forgetting_without_a_memory_creates_no_file(file: Path) -> None:
    of(file).forget(ME)
    assert not file.parent.exists()


def test_expired_refusals_are_removed_and_the_file_is_limited(file: Path) -> None:
    put(file)
    later = Refusal(NOW + 1000, REPLY)
    for n in range(105):
        of(file).remember(Account(f"user{n}", "h", 25), WRONG, later)
    lines = file.read_text().splitlines()
    assert len(lines) == 100
    assert ME.user not in file.read_text()
    assert "user104" in lines[-1]


def test_file_is_private_and_has_no_secret(file: Path) -> None:
    put(file)
    assert "wrong-password" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert os.listdir(file.parent) == ["refused-logins"]  # noqa: PTH208


def test_accounts_with_one_password_do_not_look_alike(file: Path) -> None:
    put(file)
    put(file, account=Account("you", ME.host, ME.port))
    put(file, secret=Secret("second"))  # an account has one salt for all secrets
    salts, digests = zip(
        *(line.split("\t")[4:6] for line in file.read_text().splitlines()), strict=True
    )
    assert salts[0] == salts[2] != salts[1]
    assert len(set(digests)) == 3


@given(
    user=st.text(st.characters(codec=None), max_size=20),
    text=st.text(max_size=20),
    secret=st.text(max_size=20),
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_refusal_is_read_as_written(
    file: Path, user: str, text: str, secret: str
) -> None:
    account, reply = Account(user, "h", 25), Reply(535, (text,))
    of(file).remember(account, Secret(secret), Refusal(NOW, reply))
    found = of(file).remembered(account, Secret(secret), NOW)
    assert found is not None
    assert found.reply.text == reply.text
    of(file).forget(account)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\0\n\t\t\n", id="binary"),
        pytest.param(b"a\tb\tc\td\te\tf\tg\th\ti\n", id="words"),
        pytest.param(b"\\x\t" * 8 + b"\n", id="escapes"),
        pytest.param(b"1\tu\th\t25\t00\t00\t535\t5.7\tt\n", id="enhanced"),
    ],
)
def test_damaged_file_refuses_no_login(file: Path, octets: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(octets)
    assert of(file).remembered(ME, WRONG, NOW) is None
    put(file)
    assert of(file).remembered(ME, WRONG, NOW) is not None


def test_directory_that_cannot_be_made_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    put(tmp_path / "state" / "pymail" / "refused-logins")
    assert of(tmp_path / "a\0b").remembered(ME, WRONG, NOW) is None


def test_file_that_is_a_link_or_a_directory_is_not_followed(
    file: Path, tmp_path: Path
) -> None:
    put(tmp_path / "elsewhere" / "refused-logins")
    file.parent.mkdir(parents=True)
    file.symlink_to(tmp_path / "elsewhere" / "refused-logins")
    assert of(file).remembered(ME, WRONG, NOW) is None
    put(file, secret=Secret("second"))
    assert not file.is_symlink()  # replaced; its target is unchanged
    other = tmp_path / "elsewhere" / "refused-logins"
    assert of(other).remembered(ME, Secret("second"), NOW) is None
    file.unlink()
    file.mkdir()
    assert of(file).remembered(ME, WRONG, NOW) is None
    put(file)
    assert file.is_dir()


@pytest.mark.parametrize("wrong", ["link", "open-to-others"])
def test_directory_that_others_can_write_to_is_not_used(
    file: Path, tmp_path: Path, wrong: str
) -> None:
    file.parent.parent.mkdir()
    if wrong == "link":
        (tmp_path / "elsewhere").mkdir()
        file.parent.symlink_to(tmp_path / "elsewhere")
    else:
        file.parent.mkdir()
        file.parent.chmod(0o777)
    put(file)
    assert not file.exists()


@ROOT
@pytest.mark.parametrize("existing", ["home", "directory", "file"])
def test_root_creates_no_file_in_the_home_of_another_user(
    file: Path, tmp_path: Path, existing: str
) -> None:
    if existing == "home":
        os.chown(tmp_path, 12345, -1)
        put(file)
        assert not file.parent.exists()
        return
    put(file)
    theirs = file if existing == "file" else file.parent
    os.chown(theirs, 12345, -1)
    before = file.read_bytes()
    if existing == "file":
        assert of(file).remembered(ME, WRONG, NOW) is None
    else:
        put(file, secret=Secret("second"))
        assert file.read_bytes() == before


def test_unfinished_file_of_a_dead_run_is_replaced(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.with_name("refused-logins.new").touch()
    put(file)
    assert of(file).remembered(ME, WRONG, NOW) is not None


@pytest.mark.parametrize("seconds", [0, 0.05], ids=["at-once", "a-while"])
def test_wait_for_other_writers_is_short(file: Path, seconds: float) -> None:
    put(file)
    before = file.read_bytes()
    holder = os.open(file.parent, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    hasty = replace(of(file), lock_seconds=seconds)
    hasty.remember(ME, Secret("second"), Refusal(NOW, REPLY))
    hasty.forget(ME)
    os.close(holder)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        pytest.param("", "{home}/.local/state/pymail/refused-logins", id="default"),
        pytest.param("relative", "{home}/.local/state/pymail/refused-logins", id="odd"),
        pytest.param("/var/state", "/var/state/pymail/refused-logins", id="set"),
    ],
)
def test_place_follows_the_xdg_specification(
    world: Any, variable: str, expected: str
) -> None:
    made = world.environment("pymail", variables={"XDG_STATE_HOME": variable})
    place = refused_logins.find(made).file
    assert str(place) == expected.format(home=world.directory)
