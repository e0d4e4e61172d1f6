"""Every sentence of advice has a Chinese one that says the same of the same things."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

import pymail
from pymail.report import providers, reply_kinds, status_codes
from pymail.report.explain import ANY_WEBMAIL, FAILURES, PUT_IT, STORE_IT
from pymail.report.status_codes import Advice
from pymail.report.translate import CHINESE, ENGLISH, _patterns, catalogue, translate

SOURCES = Path(pymail.__file__).parent
CATALOGUE = catalogue(CHINESE)
FILE = SOURCES / "locale/zh_CN/LC_MESSAGES/pymail.po"
CHINESE_WORDS = "[\u4e00-\u9fff]"
HOLE = r"\{[a-z]*\}"
# What is no word of any language: variables, options, commands, addresses, files.
LITERAL = (
    r"smtps?://|(?<![\w-])--?[a-z][a-z-]*|\b(?:smtp|ssl|tls|smime|mta)-[a-z-]+[a-z]"
    r"|https?://[A-Za-z0-9./-]+|`[^`]+`|\b[a-z]+\.(?:com|net|de|ru)(?:\.cn)?\b"
)


def _of_tables() -> Iterator[str]:
    advices: list[Advice] = [
        *(
            row
            for table in (status_codes.ENHANCED, status_codes.CODES)
            for row in table.values()
        ),
        *status_codes.CLASSES.values(),
        status_codes.NO_CLASS,
        *(advice for at in status_codes.AT.values() for advice in at.classes.values()),
        *(Advice(row.meaning, row.next_step) for row in FAILURES),
    ]
    yield from filter(None, (part for advice in advices for part in advice[:2]))
    for kind in reply_kinds.KINDS.values():
        yield from (kind.meaning, kind.next_step, *kind.more)
        yield from filter(None, [kind.logged_in])
    yield from (row.where for row in providers.PROVIDERS)
    yield from ("what to do: ", STORE_IT, PUT_IT, ANY_WEBMAIL)


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _text(value: ast.Constant | ast.JoinedStr) -> str:
    """The text, with holes for what is filled in."""
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts)


class Advised:
    """The advice that a module gives: what its expressions can come to."""

    def __init__(self, file: Path) -> None:
        self.place = str(file.relative_to(SOURCES))
        self.nodes = list(ast.walk(ast.parse(file.read_text())))
        self.functions = {
            node.name: node for node in self.nodes if isinstance(node, ast.FunctionDef)
        }
        self.asked: set[str] = set()  # names, each once: a function may call itself

    def sentences(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, ast.keyword) and node.arg == "advice":
                yield from self.of(node.value)
            if isinstance(node, ast.Assign) and "advice" in map(
                _attribute, node.targets
            ):
                yield from self.of(node.value)

    def of(self, value: ast.expr) -> Iterator[str]:
        match value:
            case ast.Constant() | ast.JoinedStr():
                yield _text(value)
            case ast.IfExp(body=one, orelse=other):
                yield from (*self.of(one), *self.of(other))
            case ast.Name(id=name):
                yield from self.of_name(name)
            case ast.Call(func=ast.Name(id=name)):
                yield from self.of_results(name)
            case _ if _attribute(value) != "advice":  # of another exception
                pytest.fail(f"{self.place}:{value.lineno}: advice that nobody can read")

    def of_results(self, function: str) -> Iterator[str]:
        if function not in self.functions:
            yield from Advised(self.home(function)).of_results(function)
            return
        for node in ast.walk(self.functions[function]):
            if isinstance(node, ast.Return) and node.value:
                yield from self.of(node.value)

    def home(self, function: str) -> Path:
        """The module that a function comes from."""
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom) and function in {
                alias.name for alias in node.names
            }:
                parts = str(node.module).split(".")[1:]
                return SOURCES.joinpath(*parts).with_suffix(".py")
        pytest.fail(f"{self.place}: {function} is not to be found")

    def of_name(self, name: str) -> Iterator[str]:
        """What a name was given: by assignments, or by those who call."""
        if name in self.asked:
            return
        self.asked.add(name)
        for node in self.nodes:
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == name
                for target in node.targets
            ):
                yield from self.of(node.value)
        for function in self.functions.values():
            names = [argument.arg for argument in function.args.args]
            if name in names:
                yield from self.of_callers(function.name, names.index(name))

    def of_callers(self, function: str, position: int) -> Iterator[str]:
        for node in self.nodes:
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == function
                and len(node.args) > position
            ):
                yield from self.of(node.args[position])


def _of_sources() -> Iterator[str]:
    for file in sorted(SOURCES.rglob("*.py")):
        if file.name != "errors.py":  # there it is only passed on
            yield from filter(None, Advised(file).sentences())


SENTENCES = sorted({*_of_tables(), *_of_sources()})


def test_search_finds_the_advice_of_the_sources() -> None:
    found = set(_of_sources())
    assert "pymail --login {}{}" in found
    assert "name an address to send to" in found
    assert "set smtp-auth=none if the server takes mail without a login" in found
    assert "set password-{}{}=PASSWORD in mail.rc" in found
    assert "run pymail --setup, or set mta= to a sendmail program" in found


def test_every_sentence_is_translated() -> None:
    assert [english for english in SENTENCES if english not in CATALOGUE] == []
    wrong = [e for e, there in CATALOGUE.items() if not re.search(CHINESE_WORDS, there)]
    assert wrong == ["{where}"]


@pytest.mark.parametrize("pattern", [HOLE, LITERAL], ids=["holes", "literals"])
def test_translation_has_the_same_holes_and_literals(pattern: str) -> None:
    def found(sentence: str) -> list[str]:
        every = re.findall(pattern, re.sub(r"\{[0-9]\}", "{}", sentence))
        return sorted(every if pattern == HOLE else set(every))

    wrong = [e for e, there in CATALOGUE.items() if found(there) != found(e)]
    assert wrong == []


# fmt: off
FILLED = {
    "whole": ("try again later", "稍后重试"),
    "filled": ("pymail --login me@163.com", "执行：pymail --login me@163.com"),
    "braces": ("define it in ~/.mailrc: account work { … }", "在 ~/.mailrc 中定义：account work { … }"),
    "two-holes": ("set password-me@x.org.smime-cert-key=PASSWORD in mail.rc", "在 mail.rc 中设置 password-me@x.org.smime-cert-key=PASSWORD"),
    "unknown": ("as yet unheard of", "as yet unheard of"),
    "empty": ("", ""),
}
# fmt: on


@pytest.mark.parametrize(("english", "there"), FILLED.values(), ids=FILLED)
def test_sentence_with_filled_holes_is_translated(english: str, there: str) -> None:
    assert translate(english, CHINESE) == there
    assert translate(english, ENGLISH) == english


# fmt: off
SENTENCES_OF_LINES = {
    "connecting to {}": "连接 {}",
    "refused": "拒绝",
    "{} refused by {}": "{1} 拒绝 {0}",
    "{} (for {})": "{0}（{1}）",
    "unknown variable {}": "未知变量 {}",
    "{}: no such mail": "没有邮件 {}",
    "not searched: {}": "未查找：{}",
    "damaged {}": "损坏 {7}",
}
JOINED = {
    "step-and-cause": ("connecting to x:465: refused", "连接 x:465：拒绝"),
    "place-of-a-file": ("~/.mailrc:3: unknown variable a", "~/.mailrc:3: 未知变量 a"),
    "words-of-a-server": ("me@x.org refused by mx: 550 5.7.1 x refused by y", "mx 拒绝 me@x.org：550 5.7.1 x refused by y"),
    "only-a-server's-words": ("550 x refused by y", "550 x refused by y"),
    "quoted": ("~/.mailrc:3: unknown variable 'a: b'", "~/.mailrc:3: 未知变量 'a: b'"),
    "sentence-in-a-hole": ("not searched: connecting to x: refused", "未查找：连接 x：拒绝"),
    "two-causes": ("refused; connecting to x: refused", "拒绝；连接 x：拒绝"),
    "brackets": ("x refused by mx: 550 no (for a, b)", "mx 拒绝 x：550 no（a, b）"),
    "hole-first": ("abc: no such mail", "没有邮件 abc"),
    "untranslated-first": ("OpenSSL: connecting to x", "OpenSSL: 连接 x"),
    "damaged-translation": ("damaged x", "damaged x"),
}
# fmt: on


@pytest.mark.parametrize(("english", "there"), JOINED.values(), ids=JOINED)
def test_joined_sentences_are_translated_part_by_part(
    english: str, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "pymail.report.translate"
    monkeypatch.setattr(f"{place}.catalogue", lambda _: SENTENCES_OF_LINES)
    monkeypatch.setattr(f"{place}._patterns", _patterns.__wrapped__)
    assert translate(english, CHINESE) == there


@pytest.mark.parametrize("text", ["a: " * 300, "a' : '" * 150, "; ".join("ab" * 200)])
def test_text_of_a_hostile_server_does_not_stop_the_translation(text: str) -> None:
    began = process_time()
    assert translate(text, CHINESE) == text
    assert process_time() - began < 5


def test_catalogue_is_read_only_for_its_language() -> None:
    catalogue.cache_clear()
    translate("try again later", ENGLISH)
    assert catalogue.cache_info().currsize == 0
    translate("try again later", CHINESE)
    assert catalogue.cache_info().currsize == 1


def test_catalogue_is_a_po_file_without_duplicates() -> None:
    text = FILE.read_text("utf-8")
    assert "\n#, fuzzy" not in text
    assert re.findall(r"(?m)^(?!#|msgid \"|msgstr \"|\"|$).*", text) == []
    assert len(re.findall("(?m)^msgid ", text)) == len(CATALOGUE) + 1  # the header
    assert set(re.findall(r"\\(.)", text)) <= {*'n"\\'}


def test_folded_lines_and_escapes_of_a_po_file_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folded = 'msgid ""\nmsgstr ""\n"Language: zh_CN\\n"\n\nmsgid ""\n"say "\n"\\"x\\""\nmsgstr "说"\n"“x”"\n'
    monkeypatch.setattr("pymail.report.translate.get_data", lambda *_: folded.encode())
    assert catalogue.__wrapped__(CHINESE) == {'say "x"': "说“x”"}


def test_catalogue_that_is_not_there_leaves_english(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = {CHINESE: "locale/zh_XX.po"}
    monkeypatch.setattr("pymail.report.translate._CATALOGUES", missing)
    assert catalogue.__wrapped__(CHINESE) == {}


def test_advice_and_tables_are_found_in_a_zip(tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "p"), "zip", SOURCES.parent, "pymail")
    script = (
        f"import sys; sys.path.insert(0, {packed!r});"
        "from pymail.report import reply_kinds, translate;"
        "assert '.zip' in translate.__file__;"
        "print(len(reply_kinds.ROWS), len(translate.catalogue('zh')))"
    )
    argv = [sys.executable, "-X", "utf8", "-c", script]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(len(reply_kinds.ROWS)), str(len(CATALOGUE))]


def test_translations_have_chinese_punctuation() -> None:
    for there in CATALOGUE.values():
        assert there.isprintable()
        assert not re.search(r"[\u4e00-\u9fff][,;!?]|。$", there)
        assert len(there) < 120
