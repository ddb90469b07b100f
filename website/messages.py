"""The words of every error that minclip raises, read from its source: nobody writes them twice.

A message is a template: `…` stands for what differs from case to case.
"""

import ast
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
GAP = "…"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
ENOUGH = 8  # letters that a template needs to be found by; with fewer it passes on another message
DOING = re.compile(  # a word of advice
    r"\b(add|ask|begin|bring|build|call|choose|compute|continue|convert|correct|delete|do|embed|encode|fetch|fill|"
    r"finish|flatten|free|freeze|get|give|go on|import|install|keep|leave|load|lower|make|mend|mix|move|name|open|pass|"
    r"pip|put|raise|resize|resume|return|run|save|search|send|set|shorten|show|solve|start|take|tell|train|try|unpack|"
    r"use|wait|write)\b",
    re.IGNORECASE,
)
# what a lesson says of an answer or a prediction explains itself, and the others are signals within the course
NOT_FOR_USERS = {"Wrong", "Unreadable", "NotWritten", "Meeting", "NotForNumPy", "UserInterrupt", "AttributeError"}


@dataclass(frozen=True)
class Message:
    """A template, the kind of error, and the module that raises it."""

    text: str
    kind: str
    module: str
    line: int

    @property
    def advice(self) -> str:
        """The way out in the message's own words, or nothing: "…: take a smaller picture", "… must be at least 1"."""
        _, must, wanted = self.text.partition(" must ")
        if must:
            return wanted.removeprefix("be ")
        for mark in (": ", "; ", ". "):
            rest = self.text.partition(mark)[2]
            if DOING.search(rest):
                return rest
        return self.text.partition(" needs ")[2]


@dataclass
class Module:
    """A file as its tree, with what is needed to follow a name in it."""

    name: str
    tree: ast.Module
    constants: dict[str, ast.expr] = field(default_factory=dict)
    functions: list[ast.FunctionDef] = field(default_factory=list)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


def letters(text: str) -> int:
    return sum(letter.isalpha() for letter in text)


@cache
def module(name: str) -> Module | None:
    """The module of that name, or None where it is not minclip's."""
    path = ROOT.joinpath(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not name.startswith("minclip") or not file.is_file():
        return None
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = Module(name, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found.imported |= {alias.asname or alias.name: (str(node.module), alias.name) for alias in node.names}
        elif isinstance(node, FUNCTIONS):
            found.functions.append(node)
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.constants[node.targets[0].id] = node.value
    return found


def names() -> list[str]:
    """All modules of minclip."""
    files = sorted((ROOT / "minclip").rglob("*.py"))
    parts = (file.relative_to(ROOT).with_suffix("").parts for file in files)
    return [".".join(part[:-1] if part[-1] == "__init__" else part) for part in parts]


def messages() -> list[Message]:
    """Every message once, in the order of the modules."""
    found: dict[str, Message] = {}
    for name in names():
        if name.startswith("minclip.course.lesson_"):  # what judges answers
            continue
        home = module(name)
        assert home is not None
        for kind, line, text in raised(home):
            if letters(text) >= ENOUGH:
                found.setdefault(text, Message(text, kind, name, line))
    return list(found.values())


def raised(home: Module) -> Iterator[tuple[str, int, str]]:
    """Kind, line and template of each error that is made in a module: raised there, or returned to who raises it."""
    for function in [*home.functions, None]:
        body = function.body if function else home.tree.body
        for node in walk_within(body):
            if isinstance(node, ast.Call) and (kind := error_name(node.func)):
                for words in node.args:  # the first one may be a number: OSError(errno, words)
                    texts = [text for text in templates(words, home, function) if letters(text) >= ENOUGH]
                    yield from ((kind, node.lineno, re.sub(f"{GAP}+", GAP, " ".join(text.split()))) for text in texts)
                    if texts:
                        break


def walk_within(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of a body, without those of functions inside, which have their own names."""
    waiting: deque[ast.AST] = deque(node for node in body if not isinstance(node, FUNCTIONS))
    while waiting:
        node = waiting.popleft()
        yield node
        waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, FUNCTIONS))


def error_name(called: ast.expr) -> str:
    """The name of the exception that a call makes, or nothing."""
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    is_error = name.endswith(("Error", "Exception")) or name in ("KeyboardInterrupt", "TextTooLong", "OtherModel")
    return name if is_error and name not in NOT_FOR_USERS else ""


def templates(words: ast.expr, home: Module, function: ast.FunctionDef | None, depth: int = 0) -> list[str]:
    """What an expression may say; a gap for what cannot be followed."""
    if depth > 4:
        return [GAP]
    deeper = (home, function, depth + 1)
    if isinstance(words, ast.Constant):
        return [words.value] if isinstance(words.value, str) else [GAP]
    if isinstance(words, ast.JoinedStr):
        text = ""
        for part in words.values:
            said = part.value if isinstance(part, ast.FormattedValue) else part
            texts = templates(said, *deeper) if isinstance(said, ast.Constant | ast.Name | ast.Call) else [GAP]
            text += texts[0] if len(texts) == 1 else GAP
        return [text]
    if isinstance(words, ast.BinOp) and isinstance(words.op, ast.Add):
        return [a + b for a in templates(words.left, *deeper) for b in templates(words.right, *deeper)]
    if isinstance(words, ast.IfExp):
        return [*templates(words.body, *deeper), *templates(words.orelse, *deeper)]
    if isinstance(words, ast.Name):
        return of_name(words.id, *deeper)
    if isinstance(words, ast.Call) and isinstance(words.func, ast.Name):
        return of_function(words.func.id, home, depth + 1)
    return [GAP]


def of_name(name: str, home: Module, function: ast.FunctionDef | None, depth: int) -> list[str]:
    """What a variable, or a constant of this or another module, may hold."""
    if function:
        values = [
            node.value
            for node in walk_within(function.body)
            if isinstance(node, ast.Assign | ast.NamedExpr) and node.value is not None and name in targets(node)
        ]
        if values:
            return [text for value in values for text in templates(value, home, function, depth)]
    if name in home.constants:
        return templates(home.constants[name], home, None, depth)
    source, there = home.imported.get(name, ("", ""))
    other = module(source)
    return of_name(there, other, None, depth + 1) if other and depth < 5 else [GAP]


def targets(node: ast.Assign | ast.NamedExpr) -> set[str]:
    listed = [node.target] if isinstance(node, ast.NamedExpr) else node.targets
    return {target.id for target in listed if isinstance(target, ast.Name)}


def of_function(name: str, home: Module, depth: int) -> list[str]:
    """What a function of this or another module may return."""
    for function in (function for function in home.functions if function.name == name):
        returned = [node.value for node in walk_within(function.body) if isinstance(node, ast.Return) and node.value]
        return [text for value in returned for text in templates(value, home, function, depth)]
    source, there = home.imported.get(name, ("", ""))
    other = module(source)
    return of_function(there, other, depth + 1) if other and depth < 5 else [GAP]
