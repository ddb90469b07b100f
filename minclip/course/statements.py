"""A file of Python as a list of top-level statements, each with the comments above it. Nothing is run."""

import ast
import builtins
import dis
import re
import symtable
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

# The texts of all answers are asked about again whenever one is kept, and again for each other that rests on them.
remembered = lru_cache(maxsize=4096)


@dataclass(frozen=True)
class Statement:
    """One statement of a file, with the lines of comment above it."""

    text: str
    node: ast.stmt | None  # None: comments at the end of the file

    @property
    def binds(self) -> tuple[str, ...]:
        """The names that it defines at the top level."""
        return bound_names(self.text)

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def is_docstring(self) -> bool:
        return isinstance(self.node, ast.Expr) and isinstance(self.node.value, ast.Constant)

    def same(self, other: "Statement") -> bool:
        """Whether both say the same; blank lines and spaces within a line do not count."""
        return plain_lines(self.text) == plain_lines(other.text)


def lines_of(text: str) -> list[str]:
    """The lines as Python counts them: a form feed or a Unicode separator inside of a string ends none."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def plain_lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def statements(text: str) -> list[Statement]:
    """The top-level statements of a text in their order. SyntaxError where it is no Python.

    >>> [statement.binds for statement in statements("import math\\n# half\\nx = math.pi / 2; y = 1\\n")]
    [('math',), ('x', 'y')]
    """
    lines, found, end = lines_of(text), [], 0
    nodes = ast.parse(text).body
    for place, node in enumerate(nodes):
        last = node.end_lineno or node.lineno
        following = nodes[place + 1] if place + 1 < len(nodes) else None
        if following is not None and first_line(following) <= last:  # a = 1; b = 2
            continue
        found.append(Statement("\n".join(lines[end:last]).strip("\n"), node))
        end = last
    rest = "\n".join(lines[end:]).strip("\n")
    return [*found, Statement(rest, None)] if rest.strip() else found


def first_line(node: ast.stmt) -> int:
    """Its first line, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


@remembered
def bound_names(text: str) -> tuple[str, ...]:
    """The names that a text defines at its top level."""
    top = symtable.symtable(text, "text", "exec")
    symbols = [symbol for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()]
    names = [symbol.get_name() for symbol in symbols]
    names += [table.get_name() for table in top.get_children() if table.get_type() in ("function", "class")]
    found = {name for name in names if name.isidentifier() and name not in ("lambda", "genexpr")}
    return tuple(sorted(found))


def outside_names(source: str, known: Iterable[str] = ()) -> list[str]:
    """The names that a text takes from outside of itself, in alphabetical order.

    Python's own are left out, but for those in `known`: names that the text's surroundings define anew.

    >>> outside_names("def double(x):\\n    return torch.add(x, x)")
    ['torch']
    """
    known = set(known)
    return sorted(name for name in names_from_outside(source) if name in known or not hasattr(builtins, name))


@remembered
def names_from_outside(source: str) -> frozenset[str]:
    """The names that a text takes from outside of itself, Python's own among them."""
    top = symtable.symtable(source, "cell", "exec")
    found: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            read = symbol.is_referenced() or symbol.is_declared_global()  # global calls; calls += 1
            if read and (symbol.is_global() or table is top):
                found.add(symbol.get_name())
    return frozenset(found - set(bound_names(source)))


@remembered
def without_annotations(source: str) -> str:
    """The text without the types of arguments, results and variables: what it needs when it runs."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.unparse(tree)


def renamed(source: str, names: Mapping[str, str]) -> str:
    """The text with other names for what it takes from outside; a local variable of the same name keeps its own.

    >>> renamed("def f(unit):\\n    return unit\\n\\n\\ng = unit(2)", {"unit": "unit_of_g"})
    'def f(unit):\\n    return unit\\n\\n\\ng = unit_of_g(2)'
    """
    if not names:
        return "\n".join(lines_of(source))
    lines = [line.encode() for line in lines_of(source)]  # columns count bytes
    places = sorted(set(name_places(compile(source, "text", "exec", dont_inherit=True), names)), reverse=True)
    for line, start, end, name in places:
        if lines[line][start:end] == name.encode():
            lines[line] = lines[line][:start] + names[name].encode() + lines[line][end:]
    return b"\n".join(lines).decode()


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The text with other names for what it takes from outside and for what it defines."""
    text = renamed(text, names)
    for old, new in names.items():
        text = re.sub(rf"^((?:async )?def |class |)\b{old}\b(?=\s*[(:=\[,])", rf"\g<1>{new}", text, flags=re.MULTILINE)
    return text


def name_places(code: CodeType, names: Mapping[str, str]) -> Iterator[tuple[int, int, int, str]]:
    """(line from 0, first column, column after the last, name) of every place where the code reads such a global."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval in names and step.positions:
            line, _, start, end = step.positions
            if line is not None and start is not None and end is not None:
                yield line - 1, start, end, step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from name_places(constant, names)
