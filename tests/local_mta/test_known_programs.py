"""The programs that are known to take the options for notifications."""

import os
from pathlib import Path

import pytest

from pymail.transport.local_mta import known_options
from tests.conftest import World


def program(world: World, name: str) -> Path:
    path = world.write(name, "")
    path.chmod(0o700)
    return path


@pytest.mark.parametrize(
    ("real", "letters"),
    [
        ("msmtp", "NR"),
        ("smtpctl", "NRV"),
        ("sendmail.postfix", "NRV"),
        ("pymail-sendmail", "NRV"),
        ("exim4", ""),
        ("dma", ""),
        ("sendmail", ""),
        ("libexec/sendmail/sendmail", "NRV"),
    ],
)
def test_file_behind_the_links_identifies_a_program(
    world: World, real: str, letters: str
) -> None:
    link = world.directory / "usr-sbin-sendmail"
    link.symlink_to(program(world, f"bin/{real}"))
    assert known_options(link, world.environment()) == letters


def test_sendmail_next_to_postfix_belongs_to_postfix(world: World) -> None:
    program(world, "bin/postfix")
    assert known_options(program(world, "bin/sendmail"), world.environment()) == "NRV"


def test_program_is_looked_up_in_path(world: World) -> None:
    directory = program(world, "bin/msmtp").parent
    around = world.environment(variables={"PATH": os.fspath(directory)})
    assert known_options(Path("msmtp"), around) == "NR"


def test_missing_program_has_no_known_options(world: World) -> None:
    assert known_options(world.directory / "msmtp", world.environment()) == ""
