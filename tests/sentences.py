"""The sentences that the sources raise, warn of, ask or print, with holes for the rest.

Expressions are followed to the literals that they can come to: through names, both
branches of a condition, the results of functions and the arguments of their callers.
"{}" stands for all else. What fills a hole beside ": " or "; " is a sentence of its
own, as for `translate`.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import product
from math import prod
from pathlib import Path

import pymail

SOURCES = Path(pymail.__file__).parent
HOLE = "{}"
MOST_ALTERNATIVES = 200
BEFORE, BEHIND = (": ", "; ", "("), (": ", "; ", ")", " (")

# Who shows a sentence, and the positions and names of the arguments that are shown.
SHOWN: Mapping[str, Sequence[int | str]] = {
    "warn": [0, 1, "advice"],  # context.warn(texts), findings.warn(stage, text)
    "remark": [0],
    "on_warning": [0],
    "on_remark": [0],
    "tell": [0, 1],
    "translated": [0],
    "problem_line": [0],
    "warning_line": [0],
    "remark_line": [0],
    "_pymail_line": [1],
    "ask": [0, 1],
    "agrees": [0],
    "secret": [0],
    "skip": [1],
    "advise": [1],
    "report": [0, 1],  # of mail.rc
    "Problem": [1],
    "complain": [0],
}
ERROR = re.compile(r"[A-Z]\w*(Error|GivenUp|Damaged)$")
SYSTEM_ERRORS = {
    "OSError",
    "PermissionError",
    "FileNotFoundError",
    "NotADirectoryError",
}
OPAQUE = {"visible", "printable", "shorten", "translate"}  # they take any text
NAMED = ("doing", "happened", "advice", "also", "reaching", "talking")
TABLES = re.compile(
    "_?(COMPLAINTS|FAULTS|USELESS|EXIT_STATUSES|MEANINGS|UNTRUSTED|HELD_UNKNOWN)$"
)
FRAGMENT = re.compile("[ ,:;(]|.* $")
COLLECTED = re.compile("(warnings?|remarks?|problems?|complaints?)$")

# The parts of an expression that it can come to.
ALTERNATIVES: Mapping[type[ast.expr], Sequence[str]] = {
    ast.IfExp: ["body", "orelse"],
    ast.BoolOp: ["values"],
    ast.List: ["elts"],
    ast.Tuple: ["elts"],
    ast.Set: ["elts"],
    ast.Dict: ["values"],
    ast.Starred: ["value"],
    ast.NamedExpr: ["value"],
    ast.Subscript: ["value"],
    ast.ListComp: ["elt"],
    ast.GeneratorExp: ["elt"],
}
Scope = ast.FunctionDef | None


class Module:
    """A module of pymail, and what its expressions can come to."""

    def __init__(self, file: Path) -> None:
        self.place = str(file.relative_to(SOURCES))
        self.tree = ast.parse(file.read_text())
        self.functions: dict[str, ast.FunctionDef] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self._enter(self.tree, None)
        self.nodes = list(self.scopes)

    def _enter(self, node: ast.AST, scope: Scope) -> None:
        self.scopes[node] = scope
        if isinstance(node, ast.FunctionDef):
            self.functions[node.name] = scope = node
        for child in ast.iter_child_nodes(node):
            self._enter(child, scope)

    @cached_property
    def imports(self) -> Mapping[str, str]:
        return {
            alias.asname or alias.name: str(node.module)
            for node in self.nodes
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    @cached_property
    def _inside(self) -> Mapping[Scope, list[ast.AST]]:
        found: dict[Scope, list[ast.AST]] = {}
        for node, scope in self.scopes.items():
            found.setdefault(scope, []).append(node)
        return found

    def within(self, scope: Scope) -> list[ast.AST]:
        return self._inside.get(scope, [])

    @cached_property
    def calls(self) -> Mapping[str, list[ast.Call]]:
        """The calls by the name of what is called."""
        found: dict[str, list[ast.Call]] = {}
        for node in self.nodes:
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                    found.setdefault(name, []).append(node)
                case _:
                    pass
        return found

    def shown(self) -> Iterator[ast.expr]:
        """The expressions that are shown to people."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield from _shown_by_call(node)
            else:
                yield from _shown_by_statement(node)


def _shown_by_call(call: ast.Call) -> Iterator[ast.expr]:
    match call.func:
        case ast.Attribute(
            value=ast.Name(id=name) | ast.Attribute(attr=name), attr="append" | "extend"
        ) if COLLECTED.search(name):
            yield from call.args
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield from _arguments(call, _positions(name, call))
        case _:
            pass


def _shown_by_statement(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
            yield from [value] if name in NAMED else []
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ) if TABLES.match(name):
            yield from _rows(value)
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            yield from [value] if COLLECTED.search(name) else []
        case ast.FunctionDef(name=name) if COLLECTED.search(name):
            yield ast.Call(ast.Name(name), [], [])
        case _:
            pass


def _rows(table: ast.expr) -> Iterator[ast.expr]:
    """The last text of each row."""
    values = getattr(table, "elts", None) or getattr(table, "values", None) or [table]
    for value in values:
        yield value.elts[-1] if isinstance(value, ast.Tuple) else value


def _positions(name: str, call: ast.Call) -> Sequence[int | str]:
    if name == "_line" and ast.unparse(call.args[0]).startswith("Role."):
        return [1]
    if name in SYSTEM_ERRORS:
        return [min(1, len(call.args) - 1), *NAMED]
    return [0, *NAMED] if ERROR.match(name) else [*SHOWN.get(name, ()), *NAMED]


def _arguments(
    call: ast.Call, wanted: Sequence[int | str | None]
) -> Iterator[ast.expr]:
    yield from (a for n, a in enumerate(call.args) if n in wanted)
    yield from (k.value for k in call.keywords if k.arg in wanted)


@cache
def modules() -> Mapping[str, Module]:
    """All modules by their dotted names."""
    found = {}
    for file in sorted(SOURCES.rglob("*.py")):
        parts = file.relative_to(SOURCES.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = Module(file)
    return found


class Search:
    """Alternatives for expressions of a module; `extra` are sentences in their holes."""

    def __init__(self) -> None:
        self.extra: set[str] = set()
        self._found: dict[ast.AST, list[str]] = {}

    def texts(self, node: ast.expr, module: Module) -> list[str]:
        if node not in self._found:
            self._found[node] = [HOLE]  # if it comes to itself
            found = dict.fromkeys(self._texts(node, module))
            few = 0 < len(found) <= MOST_ALTERNATIVES
            self._found[node] = list(found) if few else [HOLE]
        return self._found[node]

    def _texts(self, node: ast.expr, module: Module) -> Iterable[str]:
        if parts := ALTERNATIVES.get(type(node)):
            return self._union([getattr(node, part) for part in parts], module)
        found: Iterable[str] = [HOLE]
        match node:
            case ast.Constant(value=str(text)):
                found = [text]
            case ast.JoinedStr(values=values):
                found = self._joined(values, module)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                pair = (self.texts(left, module), self.texts(right, module))
                found = map("".join, product(*pair))
            case ast.Name(id=name):
                found = self._named(name, node, module)
            case ast.Call():
                found = self._called(node, module)
            case _:
                pass
        return found

    def _union(
        self, values: Iterable[ast.expr | list[ast.expr]], module: Module
    ) -> Iterator[str]:
        for value in values:
            for each in value if isinstance(value, list) else [value]:
                yield from self.texts(each, module)

    def _joined(self, values: list[ast.expr], module: Module) -> Iterable[str]:
        literals = [str(v.value) if isinstance(v, ast.Constant) else "" for v in values]
        spoken = any(map(re.compile("[A-Za-z]").search, literals))
        pieces = []
        for value, before, behind in zip(
            values, ["", *literals], [*literals[1:], ""], strict=False
        ):
            apart = before.endswith(BEFORE) or behind.startswith(BEHIND)
            pieces.append(self._piece(value, module, apart=apart, spoken=spoken))
        if prod(map(len, pieces)) > MOST_ALTERNATIVES:
            pieces = [each if len(each) == 1 else [HOLE] for each in pieces]
        return map("".join, product(*pieces))

    def _piece(
        self, value: ast.expr, module: Module, *, apart: bool, spoken: bool
    ) -> Sequence[str]:
        """The alternatives for a part of an f-string: fragments, or a hole."""
        if isinstance(value, ast.Constant):
            return [str(value.value)]
        if not isinstance(value, ast.FormattedValue) or value.format_spec:
            return [HOLE]
        if value.conversion == ord("r"):
            return ["'{}'"]
        found = self.texts(value.value, module)
        if apart or (spoken and not any(map(FRAGMENT.match, found))):
            self.extra.update(found)
            return ["'{}'" if found == ["'{}'"] else HOLE]
        return found

    def _called(self, call: ast.Call, module: Module) -> Iterable[str]:
        match call.func:
            case ast.Attribute(value=value, attr="format"):
                return map(_with_holes, self.texts(value, module))
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._results(name, module)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                home = modules().get(f"{module.imports.get(owner)}.{owner}")
                return self._results(name, home)
            case ast.Name(id="list" | "tuple" | "sorted" | "next" | "filter" | "map"):
                return self._union(call.args, module)
            case ast.Name(id=name) if name not in OPAQUE:
                return self._results(name, module)
            case _:
                return [HOLE]

    def _results(self, function: str, module: Module | None) -> Iterable[str]:
        if module and function not in module.functions:
            module = modules().get(module.imports.get(function, ""))
        if module is None or function not in module.functions:
            return [HOLE]
        node = module.functions[function]
        return [
            text
            for each in module.within(node)
            if isinstance(each, ast.Return | ast.Yield | ast.YieldFrom) and each.value
            for text in self.texts(each.value, module)
        ]

    def _named(self, name: str, node: ast.AST, module: Module) -> Iterable[str]:
        scope = module.scopes[node]
        found = [
            text
            for inside in dict.fromkeys((scope, None))
            for value in module_values(module, inside, name)
            for text in self.texts(value, module)
        ]
        if scope:
            found += self._parameter(name, scope, module)
        home = modules().get(module.imports.get(name, ""))
        if home and not found:
            for value in module_values(home, None, name):
                found += self.texts(value, home)
        return found

    def _parameter(
        self, name: str, scope: ast.FunctionDef, module: Module
    ) -> list[str]:
        positional = [each.arg for each in scope.args.args]
        keywords = [each.arg for each in scope.args.kwonlyargs]
        if name not in (*positional, *keywords):
            return []
        method = positional[:1] in (["self"], ["cls"])
        position = positional.index(name) - method if name in positional else None
        found = []
        for other in modules().values():
            if module not in (other, modules().get(other.imports.get(scope.name, ""))):
                continue
            for call in other.calls.get(scope.name, ()):
                for value in _arguments(call, [name, position]):
                    found += self.texts(value, other)
        return found


def module_values(module: Module, scope: Scope, name: str) -> Iterator[ast.expr]:
    """What a name is assigned in a function, or in the module."""
    for node in module.within(scope):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _assigned(target, value, name)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
                | ast.For(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
            ):
                yield from _assigned(target, value, name)
            case _:
                pass


def _with_holes(template: str) -> str:
    """The template of `format`, with nameless holes."""
    return re.sub(r"\{\w*\}", HOLE, re.sub(r"\{\w+!r\}", "'{}'", template))


def _assigned(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    match target, value:
        case ast.Name(id=found), _ if found == name:
            yield value
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            for one, other in zip(targets, values, strict=False):
                yield from _assigned(one, other, name)
        case _:
            pass


def found_in_sources(skip: Sequence[str] = ()) -> dict[str, str]:
    """Every sentence by the module that shows it, except modules that begin so."""
    found: dict[str, str] = {}
    search = Search()
    for module in modules().values():
        if module.place.startswith(tuple(skip)):
            continue
        for node in module.shown():
            for text in search.texts(node, module):
                found.setdefault(text, module.place)
    return dict.fromkeys(search.extra, "in a hole") | found


def words_of_sources() -> list[set[str]]:
    """The words in the literals of each module."""
    return [
        {
            word
            for node in module.nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            for word in words(node.value)
        }
        for module in modules().values()
    ]


def words(text: str) -> set[str]:
    return set(re.findall("[a-z]{2,}", text.lower()))
