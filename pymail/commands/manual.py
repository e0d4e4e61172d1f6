"""--man: show the installed manual pages, wherever pymail is installed.

man(1) searches system directories only, and misses the pages in a virtual environment
or a home directory. In a Chinese locale a page is Chinese if it has been translated.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pymail
from pymail.commands.mdoc import render
from pymail.delivery.context import RunContext
from pymail.errors import UnreadableInputError, UsageError
from pymail.model import replace
from pymail.programs import run_program, scratch_file
from pymail.text import system_message

_FIRST = "pymail"
_PAGES = "pymail*.[1578]"
_COMPRESSED = ".gz"
_LIBRARIES = frozenset(["lib", "lib64"])
# A minimized Debian replaces man(1) by a script, and keeps it beside that.
_SET_ASIDE = "man.REAL"
_TRANSLATIONS = {"zh": "zh_CN"}  # languages and their directories


def show(names: Sequence[str], context: RunContext) -> int:
    """Show a page: through man(1) or mandoc(1) on a terminal, else as plain text.

    Raises:
        UsageError: there is no page of this name.
        UnreadableInputError: the pages are not installed, or the page is unreadable.
    """
    context.awaits_text = False
    context.signals.heed()
    page = _find(names, _pages())
    environment = context.environment
    translation = _translation(page, context.language)
    if environment.stdout_is_terminal and not translation:
        for command in _viewers(environment.variables.get("PATH"), page):
            with suppress(OSError):
                if run_program(command, environment) == 0:
                    return 0
    text = render(_source(translation or page))
    pager = shutil.which("less", path=environment.variables.get("PATH"))
    if environment.stdout_is_terminal and pager:
        # less asks the locale, which may not be installed
        variables = {**environment.variables, "LESSCHARSET": "utf-8"}
        environment = replace(environment, variables=variables)
        with scratch_file([text.encode()], environment) as file, suppress(OSError):
            return run_program([pager, str(file)], environment)
    context.print(text)
    return 0


def _translation(page: Path, language: str) -> Path | None:
    """Return the page in a language.

    `render` shows it: man(1) and mandoc(1) print no Chinese if its locale isn't installed,
    and mandoc(1) ends lines at blanks only.
    """
    if language not in _TRANSLATIONS:
        return None
    directory = page.parent
    translated = _TRANSLATIONS[language]
    places = (
        directory / translated / page.name,  # in a checkout
        directory.parent / translated / directory.name / page.name,
    )
    return next(filter(Path.is_file, places), None)


def _viewers(path: str | None, page: Path) -> Iterator[list[str]]:
    """Yield the commands that can show a page, the best first."""
    man = shutil.which("man", path=path)
    if man and not Path(man).with_name(_SET_ASIDE).exists():
        yield [man, "-l", str(page)]
    if mandoc := shutil.which("mandoc", path=path):
        yield [mandoc, "-a", str(page)]


def _source(page: Path) -> str:
    """Read a page; distributions compress it.

    Raises:
        UnreadableInputError: the file can't be read or decompressed.
    """
    try:
        octets = page.read_bytes()
        if page.suffix == _COMPRESSED:
            import gzip

            octets = gzip.decompress(octets)
    except (OSError, EOFError) as error:
        raise UnreadableInputError(f"{page}: {system_message(error)}") from error
    return octets.decode("utf-8", "replace")


def page_names() -> list[str]:
    """Return the names of the pages that are installed, without their sections."""
    return sorted(_name(page) for page in _pages())


def _name(page: Path) -> str:
    return _file_name(page).rpartition(".")[0]


def _file_name(page: Path) -> str:
    return page.name.removesuffix(_COMPRESSED)


def _find(names: Sequence[str], pages: Sequence[Path]) -> Path:
    """Choose a page by its name, pymail(1) by default."""
    if not pages:
        where = " or ".join(map(str, _directories()))
        raise UnreadableInputError(f"the manual is not installed in {where}")
    wanted = names[0] if names else _FIRST
    alike = (wanted, f"pymail.{wanted}", f"pymail-{wanted}")
    for page in pages:
        if len(names) <= 1 and (_name(page) in alike or _file_name(page) in alike):
            return page
    known = ", ".join(sorted(map(_name, pages)))
    raise UsageError(
        f"--man {' '.join(names)}: no such page", advice=f"use one of {known}"
    )


def _pages() -> list[Path]:
    """Return the pages of the first directory that has any."""
    for directory in _directories():
        for pattern in (_PAGES, f"man[1578]/{_PAGES}"):
            for name in (pattern, pattern + _COMPRESSED):
                if found := sorted(directory.glob(name)):
                    return found
    return []


def _directories() -> Iterator[Path]:
    """Yield the directories: that of a checkout, then those of installers."""
    package = Path(pymail.__file__).resolve().parent
    yield package.parent / "man"
    libraries = (each for each in package.parents if each.name in _LIBRARIES)
    prefixes = [*(each.parent for each in libraries), Path(sys.prefix)]
    for prefix in dict.fromkeys([package.parent, *prefixes]):
        yield prefix / "share" / "man"
