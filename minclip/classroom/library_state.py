"""Is minclip in this process what its files say? A notebook may have replaced a check, a reference or the grader.

Every module of minclip that is loaded is held against its file: its functions and methods, what it imports from other
modules of minclip and, where it judges answers, its plain constants. What is computed at import is not compared.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

PACKAGE_FOLDER = Path(__file__).parents[1]
ABSENT = object()
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def changed_library() -> list[str]:
    """What is not as its file says, by name: minclip.loss.clip_loss. One for each module; whole modules come first."""
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] == "minclip")
    found = [(name, changed) for name in loaded for changed in first_change(name, sys.modules[name])]
    return [f"{name}.{changed}".rstrip(".") for name, changed in sorted(found, key=lambda one: one[1] != "")]


def first_change(name: str, module: Any) -> Iterator[str]:
    """The first thing in a module that is not as its file says; "" for the module itself."""
    path = file_of(name)
    if not isinstance(module, ModuleType) or path is None or getattr(module, "__file__", None) != str(path):
        yield ""
        return
    for change in changes(module, path):
        yield change
        return


@cache
def file_of(name: str) -> Path | None:
    """Where a module of minclip lies."""
    place = PACKAGE_FOLDER.joinpath(*name.split(".")[1:])
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in files if path.is_file()), None)


@cache
def parsed(path: Path) -> tuple[ast.Module, dict[str, list[CodeType]]]:
    """The text of a file, and the code of all functions in it, by qualified name."""
    text = path.read_text(encoding="utf-8")
    codes: dict[str, list[CodeType]] = {}
    todo = [compile(text, str(path), "exec", dont_inherit=True)]
    while todo:
        for code in todo.pop().co_consts:
            if isinstance(code, CodeType):
                codes.setdefault(code.co_qualname, []).append(code)
                todo.append(code)
    return ast.parse(text), codes


def changes(module: ModuleType, path: Path) -> Iterator[str]:
    """The names in a module that are not as its file says."""
    tree, codes = parsed(path)
    inside = vars(module)
    names = [node.name for node in tree.body if isinstance(node, Definition)]
    judges = module.__name__.startswith(("minclip.course", "minclip.classroom"))
    for node in tree.body:
        if isinstance(node, Definition) and names.count(node.name) == 1:
            yield from changed_definition(node, inside.get(node.name), codes, node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "minclip":
            source = vars(sys.modules[node.module]) if node.module in sys.modules else {}
            for alias in node.names:
                here = inside.get(alias.asname or alias.name, ABSENT)
                constant = isinstance(here, str | int | float | tuple) and not judges
                if (alias.asname or alias.name) in names or constant:
                    continue
                if here is not source.get(alias.name, here):
                    yield alias.asname or alias.name
        elif (
            judges and isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            name = node.targets[0].id
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            if isinstance(value, str | int | float | tuple) and inside.get(name, ABSENT) != value:
                yield name


def changed_definition(node: Any, there: Any, codes: dict[str, list[CodeType]], name: str) -> Iterator[str]:
    """The name of a function, or of methods of a class, whose code is not that of the file."""
    if isinstance(node, ast.ClassDef):
        if not isinstance(there, type):
            yield name
            return
        own = [one.name for one in node.body if isinstance(one, Definition)]
        for one in node.body:
            if isinstance(one, Definition) and own.count(one.name) == 1:  # a property and its setter have one name
                yield from changed_definition(one, vars(there).get(one.name), codes, f"{name}.{one.name}")
        return
    function = plain(there)
    if isinstance(function, FunctionType):
        if function.__code__ not in codes.get(name, []):
            yield name
    elif not node.decorator_list:
        yield name


def plain(thing: Any) -> Any:
    """The function in a property, a class method or a decorator that names it."""
    thing = getattr(thing, "fget", None) or getattr(thing, "func", None) or getattr(thing, "__func__", None) or thing
    try:
        return inspect.unwrap(thing)
    except ValueError:
        return thing
