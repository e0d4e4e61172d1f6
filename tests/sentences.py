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
FRAGMENT = re.compile("[ ,:;(]|.* $")
COLLECTED = re.compile("(warnings?|remarks?|problems?|complaints?)$")

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
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id=name) | ast.Attribute(attr=name),
                        attr="append" | "extend",
                    )
                ) if COLLECTED.search(name):
                    yield from node.args
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                    yield from _arguments(node, _positions(name, node))
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
                    if name in NAMED:
                        yield value
                case ast.AugAssign(target=ast.Name(id=name), value=value):
                    if COLLECTED.search(name):
                        yield value
                case ast.FunctionDef(name=name) if COLLECTED.search(name):
                    yield ast.Call(ast.Name(name), [], [])
                case _:
                    pass


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

    def _texts(self, node: ast.expr | None, module: Module) -> Iterable[str]:
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=values):
                return self._joined(values, module)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                pair = (self.texts(left, module), self.texts(right, module))
                return map("".join, product(*pair))
            case ast.IfExp(body=one, orelse=other):
                return self._union([one, other], module)
            case ast.BoolOp(values=values):
                return self._union(values, module)
            case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
                return self._union(values, module)
            case ast.Dict(values=values):
                return self._union(values, module)
            case ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self.texts(value, module)
            case ast.ListComp(elt=value) | ast.GeneratorExp(elt=value):
                return self.texts(value, module)
            case ast.Subscript(value=ast.Name() as value):
                return self.texts(value, module)
            case ast.Name(id=name):
                return self._named(name, node, module)
            case ast.Call():
                return self._called(node, module)
            case _:
                return [HOLE]

    def _union(self, values: Iterable[ast.expr], module: Module) -> Iterator[str]:
        for value in values:
            yield from self.texts(value, module)

    def _joined(self, values: list[ast.expr], module: Module) -> Iterable[str]:
        literals = [v.value if isinstance(v, ast.Constant) else "" for v in values]
        spoken = any(map(re.compile("[A-Za-z]").search, map(str, literals)))
        pieces = []
        for n, value in enumerate(values):
            if not isinstance(value, ast.FormattedValue):
                pieces.append([str(literals[n])])
                continue
            found = ["'{}'" if value.conversion == ord("r") else HOLE]
            if value.conversion == -1 and value.format_spec is None:
                found = self.texts(value.value, module)
            before = "".join(map(str, literals[:n][-1:]))
            behind = "".join(map(str, literals[n + 1 :][:1]))
            apart = before.endswith(BEFORE) or behind.startswith(BEHIND)
            if apart or (spoken and not any(map(FRAGMENT.match, found))):
                self.extra.update(found)
                found = ["'{}'" if found == ["'{}'"] else HOLE]
            pieces.append(found)
        count = 1
        for piece in pieces:
            count *= len(piece)
        if count > MOST_ALTERNATIVES:
            pieces = [p if len(p) == 1 else [HOLE] for p in pieces]
        return map("".join, product(*pieces))

    def _called(self, call: ast.Call, module: Module) -> Iterable[str]:
        match call.func:
            case ast.Attribute(value=value, attr="format"):
                return (
                    re.sub(r"\{\w*\}", HOLE, re.sub(r"\{\w+!r\}", "'{}'", t))
                    for t in self.texts(value, module)
                )
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._results(name, module)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                home = modules().get(f"{module.imports.get(owner)}.{owner}")
                return self._results(name, home) if home else [HOLE]
            case ast.Name(id=name) if name in OPAQUE:
                return [HOLE]
            case ast.Name(id="list" | "tuple" | "sorted" | "next" | "filter" | "map"):
                return self._union(call.args, module)
            case ast.Name(id=name):
                return self._results(name, module)
            case _:
                return [HOLE]

    def _results(self, function: str, module: Module) -> Iterable[str]:
        if function not in module.functions:
            home = modules().get(module.imports.get(function, ""))
            if home is None or function not in home.functions:
                return [HOLE]
            return self._results(function, home)
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
            case ast.AnnAssign(target=ast.Name(id=found), value=value) if value:
                if found == name:
                    yield value
            case ast.AugAssign(target=ast.Name(id=found), value=value):
                if found == name:
                    yield value
            case ast.NamedExpr(target=ast.Name(id=found), value=value):
                if found == name:
                    yield value
            case ast.For(target=ast.Name(id=found), iter=value):
                if found == name:
                    yield value
            case ast.comprehension(target=ast.Name(id=found), iter=value):
                if found == name:
                    yield value
            case _:
                pass


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
    found = dict.fromkeys(search.extra, "in a hole") | found
    return found


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
