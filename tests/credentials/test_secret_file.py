"""pymail's credentials files: strict about access, and always replaced as a whole."""

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from pymail.credentials.secret_file import own_file, own_files
from pymail.credentials.secret_text import Found, Missing, objection
from pymail.errors import CannotKeepError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.server_models import Login

HOST, USER, SECRET = "smtp.example.com", "me@example.com", "Zx9 密码 \"'\\ #"
ENTRY = f"machine {HOST} login {USER} password code\n"
OWN = ".config/pymail/credentials"
SYSTEM = "etc/pymail/credentials"
NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def answers(environment: Any) -> list[Found | Missing]:
    return [file.find(Login(user=USER), HOST) for file in own_files(environment)]


def reasons(environment: Any) -> list[str]:
    return [getattr(answer, "reason", "found") for answer in answers(environment)]


def written(world: Any, name: str = OWN, mode: int = 0o600, text: str = ENTRY) -> Path:
    path: Path = world.write(name, text)
    path.chmod(mode)
    return path


# ── reading ─────────────────────────────────────────────────────────────────


def test_both_files_are_searched(world: Any) -> None:
    paths = [written(world), written(world, SYSTEM)]
    found = [Found(Secret("code"), str(path)) for path in paths]
    assert answers(world.environment("pymail")) == found


def test_missing_files_are_reported(world: Any) -> None:
    expected = [
        f"{world.directory}/{x}: no such file or directory" for x in (OWN, SYSTEM)
    ]
    assert reasons(world.environment("pymail")) == expected


def test_file_without_the_entry_is_reported(world: Any) -> None:
    path = written(world, text="machine other login x password y\n")
    expected = f"{path}: no machine {HOST} with login {USER}"
    assert reasons(world.environment("pymail"))[0] == expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param("/x/conf", "/x/conf/pymail/credentials", id="absolute"),
        pytest.param("conf", f"~/{OWN}", id="relative-is-void"),
        pytest.param("", f"~/{OWN}", id="empty"),
    ],
)
def test_xdg_config_home_moves_the_file(world: Any, named: str, expected: str) -> None:
    made = world.environment("pymail", variables={"XDG_CONFIG_HOME": named})
    assert own_file(made).path == made.expand(expected)


def status(mode: int, owner: int, kind: int = stat.S_IFREG) -> os.stat_result:
    return os.stat_result((kind | mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))


OBJECTIONS = {
    "own": (status(0o600, 7), False, ""),
    "own-read-only": (status(0o400, 7), False, ""),
    "of-root": (status(0o600, 0), False, ""),
    "of-another": (status(0o600, 8), False, "it belongs to another user (8)"),
    "group": (status(0o640, 7), False, "other users have access to it (chmod 600)"),
    "group-writes": (
        status(0o620, 7),
        False,
        "other users have access to it (chmod 600)",
    ),
    "world": (status(0o604, 7), False, "other users have access to it (chmod 600)"),
    "shared-by-root": (status(0o640, 0), True, ""),
    "shared-and-writable": (
        status(0o660, 0),
        True,
        "other users have access to it (chmod 640)",
    ),
    "shared-with-all": (
        status(0o644, 0),
        True,
        "other users have access to it (chmod 640)",
    ),
    "shared-by-us": (
        status(0o640, 7),
        True,
        "other users have access to it (chmod 600)",
    ),
    "shared-by-another": (status(0o640, 8), True, "it belongs to another user (8)"),
    "fifo": (status(0o600, 7, stat.S_IFIFO), False, "not a regular file"),
}


@pytest.mark.parametrize(
    ("seen", "shared", "expected"), OBJECTIONS.values(), ids=OBJECTIONS
)
def test_file_with_access_for_other_users_is_not_used(
    seen: os.stat_result, shared: bool, expected: str
) -> None:
    assert objection(seen, 7, shared=shared) == expected


def test_file_that_other_users_can_read_is_reported(world: Any) -> None:
    path = written(world, mode=0o644)
    reason = f"{path}: other users have access to it (chmod 600)"
    assert reasons(world.environment("pymail"))[0] == reason


def test_fifo_does_not_block(world: Any) -> None:
    path = written(world)
    path.unlink()
    os.mkfifo(path, 0o600)
    reason = f"{path}: not a regular file"
    assert reasons(world.environment("pymail"))[0] == reason


def linked(world: Any, target: Path) -> Path:
    path: Path = world.directory / OWN
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def test_own_link_is_followed(world: Any) -> None:
    linked(world, written(world, "dotfiles/credentials"))
    assert reasons(world.environment("pymail"))[0] == "found"


@as_root
def test_link_of_another_user_is_not_followed(world: Any) -> None:
    path = linked(world, written(world, "elsewhere"))
    os.lchown(path, NOBODY, NOBODY)
    made = world.environment("pymail")
    assert reasons(made)[0] == f"{path}: a symbolic link of another user"
    with pytest.raises(CannotKeepError, match="a symbolic link of another user"):
        own_file(made).put(USER, HOST, Secret(SECRET))
    with pytest.raises(CannotKeepError, match="a symbolic link of another user"):
        own_file(made).remove(USER, HOST)


def test_circular_links_are_reported(world: Any) -> None:
    path = linked(world, world.directory / OWN)
    reason = f"{path}: too many symbolic links"
    assert reasons(world.environment("pymail"))[0] == reason


# ── writing ─────────────────────────────────────────────────────────────────


def test_stored_secret_is_found(world: Any) -> None:
    made = world.environment("pymail")
    where = own_file(made).put(USER, HOST, Secret(SECRET))
    assert answers(made)[0] == Found(Secret(SECRET), where)
    path = Path(where)
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, *path.parents[:2])]
    assert modes == [0o600, 0o700, 0o700]
    assert list(path.parent.iterdir()) == [path]


def test_only_the_entry_changes(world: Any) -> None:
    path = written(world, text=f"# mine\n{ENTRY}\n# end\n")
    own_file(world.environment("pymail")).put(USER, HOST, Secret("new"))
    assert path.read_text() == f"# mine\n{ENTRY}\n# end\n".replace("code", "new")


def test_octets_that_are_no_text_are_preserved(world: Any) -> None:
    path = world.write(OWN, b"# \xff\r\n")
    path.chmod(0o600)
    own_file(world.environment("pymail")).put(USER, HOST, Secret("code"))
    assert path.read_bytes() == b"# \xff\r\n" + ENTRY.encode()


def test_readers_see_the_old_file_or_the_new_one(world: Any) -> None:
    path = written(world)
    with path.open() as before:
        own_file(world.environment("pymail")).put(USER, HOST, Secret("new"))
        assert before.read() == ENTRY


@pytest.mark.parametrize("there", [True, False], ids=["file", "nothing-yet"])
def test_link_stays_a_link(world: Any, there: bool) -> None:
    target = world.directory / "dotfiles/credentials"
    if there:
        written(world, "dotfiles/credentials")
    path = linked(world, target)
    own_file(world.environment("pymail")).put(USER, HOST, Secret("new"))
    assert path.is_symlink()
    assert "new" in target.read_text()


def test_entry_is_removed(world: Any) -> None:
    path = written(world, text=f"# mine\n{ENTRY}")
    keeping = own_file(world.environment("pymail"))
    assert keeping.remove(USER, HOST)
    assert path.read_text() == "# mine\n"
    assert not keeping.remove(USER, HOST)
    assert list(path.parent.iterdir()) == [path]


def test_removing_creates_no_file_or_directory(world: Any) -> None:
    assert not own_file(world.environment("pymail")).remove(USER, HOST)
    assert not (world.directory / ".config").exists()


@pytest.mark.parametrize(
    ("user", "host", "secret", "expected"),
    [
        pytest.param("", HOST, "x", "without user and host", id="no-user"),
        pytest.param(USER, "", "x", "without user and host", id="no-host"),
        pytest.param(USER, HOST, "a\nb", "secret has a line break or null octet", id="lf"),
        pytest.param(USER, HOST, "a\rb", "secret has a line break or null octet", id="cr"),
        pytest.param(USER, HOST, "a\0b", "secret has a line break or null octet", id="nul"),
        pytest.param("a\nb", HOST, "x", "user has a line break or null octet", id="user"),
        pytest.param(USER, "a\nb", "x", "host has a line break or null octet", id="host"),
        pytest.param(USER, HOST, "\ud800", "secret is no text", id="no-text"),
    ],
)  # fmt: skip
def test_words_that_do_not_fit_are_refused(
    world: Any, user: str, host: str, secret: str, expected: str
) -> None:
    with pytest.raises(CannotKeepError, match=expected):
        own_file(world.environment("pymail")).put(user, host, Secret(secret))
    assert not (world.directory / OWN).exists()


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        pytest.param(0o644, ENTRY, "other users have access to it", id="readable"),
        pytest.param(0o600, "machine x login", "no entry can be added", id="misshapen"),
    ],
)
def test_file_that_is_unsafe_or_malformed_is_not_changed(
    world: Any, mode: int, text: str, expected: str
) -> None:
    path = written(world, mode=mode, text=text)
    with pytest.raises(CannotKeepError, match=expected) as caught:
        own_file(world.environment("pymail")).put(USER, HOST, Secret(SECRET))
    assert str(caught.value).startswith(f"{path}: ")
    assert "Zx9" not in str(caught.value)
    assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_directory_that_cannot_be_created_is_reported(world: Any) -> None:
    world.write(".config", "a file")
    with pytest.raises(CannotKeepError, match="not a directory"):
        own_file(world.environment("pymail")).put(USER, HOST, Secret(SECRET))


def test_put_waits_for_another_writer_and_then_fails(world: Any) -> None:
    lock = world.write(f"{OWN}.lock", "")
    keeping = replace(own_file(world.environment("pymail")), lock_seconds=0)
    with pytest.raises(CannotKeepError, match=r"credentials.lock exists: another"):
        keeping.put(USER, HOST, Secret(SECRET))
    patient = replace(keeping, pause=lambda _: lock.unlink(), lock_seconds=60)
    assert patient.put(USER, HOST, Secret(SECRET))
    assert not lock.exists()


def test_stale_lock_of_a_dead_writer_is_ignored(world: Any) -> None:
    lock = world.write(f"{OWN}.lock", "")
    os.utime(lock, (0, 0))
    replace(own_file(world.environment("pymail")), lock_seconds=0).put(
        USER, HOST, Secret(SECRET)
    )
    assert not lock.exists()


def test_concurrent_writers_lose_no_entry(world: Any) -> None:
    users = [f"user{number}" for number in range(8)]
    keeping = own_file(world.environment("pymail"))
    writers = [
        threading.Thread(target=keeping.put, args=(user, HOST, Secret(user)))
        for user in users
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert not (world.directory / f"{OWN}.lock").exists()
    own, _ = own_files(world.environment("pymail"))
    found = [
        getattr(own.find(Login(user=user), HOST), "secret", None) for user in users
    ]
    assert found == [Secret(user) for user in users]
