"""What a learner's text needs around it, so that it runs in a file of its own and not only in its notebook."""

import ast
import builtins
import functools
import math
import re
import sys
import sysconfig
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from importlib.metadata import packages_distributions
from inspect import signature
from logging import Logger
from pathlib import Path, PurePath
from types import BuiltinFunctionType, FunctionType, GenericAlias, MethodType, ModuleType, SimpleNamespace, UnionType
from typing import Any, NewType, TypeVar, get_origin

import numpy as np
import regex
import torch
from torch import nn

from minclip.course.answer_source import source_of, unwrapped
from minclip.course.exercise import library_source
from minclip.course.kept_answer import Answer, imported, reads
from minclip.course.learner_package import HOMES, PARTS, library_definitions
from minclip.course.notebook_cells import newest_definition
from minclip.course.outline import exercise_of
from minclip.course.statements import outside_names, without_annotations
from minclip.course.workbook import ANSWERS as PACKAGE

PLAIN = (int, float, complex, str, bool, bytes, type(None), range, slice)
# what an assignment of the notebook may hold to be brought along with its text: nothing that is data
SMALL = (
    *(torch.device, torch.dtype, torch.finfo, torch.iinfo, torch.Size, UnionType, GenericAlias, TypeVar, NewType),
    *(re.Pattern, regex.Pattern, functools.partial, BuiltinFunctionType, MethodType, SimpleNamespace, Logger),
    *(Fraction, Decimal, PurePath, date, time, timedelta, np.generic, Enum),
)
FUTURE = "from __future__ import annotations"
ANNOTATIONS = 0x1000000  # the flag of code that was compiled with that import


def answer_of(thing: Any, name: str, source: str) -> Answer:
    """The learner's object as an answer that runs alone.

    ValueError where the text uses a variable of the notebook that no line can bring along.
    """
    imports: dict[str, str] = {}
    helpers: dict[str, str] = {}
    if reads(ast.parse(source).body[0], name):
        raise ValueError(f"it builds on an earlier {name}: write all of it in one cell")
    if future := any(function.__code__.co_flags & ANNOTATIONS for function in own_functions(thing)):
        imports["__future__.annotations"] = FUTURE
    bring(name, source, namespace(thing), {name}, imports, helpers, future)
    return Answer(name, source.strip("\n"), dict(sorted(imports.items(), key=lambda item: item[1])), helpers)


def own_functions(thing: Any) -> list[FunctionType]:
    members = vars(thing).values() if isinstance(thing, type) else [thing]
    found = [unwrapped(getattr(member, "__func__", member)) for member in members if callable(member)]
    return [one for one in found if isinstance(one, FunctionType) and is_at_home(one, thing)]


def is_at_home(function: FunctionType, thing: Any) -> bool:
    """Whether it sees the variables that its class sees: not what namedtuple makes in a namespace of its own."""
    return not isinstance(thing, type) or function.__globals__.get("__name__") == thing.__module__


def namespace(thing: Any) -> dict[str, Any]:
    """The variables that a function or a class's methods can see."""
    around = getattr(sys.modules.get(thing.__module__), "__dict__", {}) if isinstance(thing, type) else {}
    return next((function.__globals__ for function in own_functions(thing)), around)


def bring(
    answer: str,
    source: str,
    space: dict[str, Any],
    seen: set[str],
    imports: dict[str, str],
    helpers: dict[str, str],
    future: bool,
) -> None:
    """Finds what defines each name that a text takes from outside, and what that needs in turn."""
    defined = [name for name in space if getattr(builtins, name, space[name]) is not space[name]]
    runs = set(outside_names(without_annotations(source), defined))
    stored = {name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Global) for name in node.names}
    for name in outside_names(source, defined):
        if name in seen:
            continue
        if name not in space:
            if name in stored:
                continue
            if name not in runs:  # the types that are written down: never looked up
                imports["__future__.annotations"] = FUTURE
                continue
            raise ValueError(f"it uses {name}, which is nowhere defined: import it, or write it first")
        seen.add(name)
        value = space[name]
        if name == "get_ipython":
            raise ValueError("it uses a command of the notebook, a line with % or !: take that line out")
        if line := import_of(name, value):
            if imported(line)[1] == answer:
                raise ValueError(f"it calls an earlier {answer}, here called {name}: write it without")
            imports[name] = line
            continue
        text, around = text_of(name, value)
        bring(answer, text, around or space, seen, imports, helpers, future)
        helpers[name] = text.strip("\n")


def import_of(name: str, value: Any) -> str:
    """The line that imports what a name of the notebook stands for; "" where it was made in the notebook."""
    if isinstance(value, ModuleType):
        if not installed(value):
            raise ValueError(
                f"it uses {name}, a file beside the notebook: import what you need `from {name} import ...`"
            )
        parent, _, last = value.__name__.rpartition(".")
        if parent:
            return line_for(parent, last, name)
        return f"import {name}" if value.__name__ == name else f"import {value.__name__} as {name}"
    home, own = getattr(value, "__module__", None) or "", getattr(value, "__name__", None)
    if home.partition(".")[0] == PACKAGE and own in PARTS:
        return line_for(f"minclip.{PARTS[own]}", own, name)
    if own in PARTS and home.partition(".")[0] != "minclip" and is_exercise(value, own):  # whoever wrote it
        return line_for(f"minclip.{PARTS[own]}", own, name)
    if home == "__main__" and own == name and (given := given_home(own, value)):
        return line_for(f"minclip.{given}", own, name)
    loaded = sys.modules.get(home)
    if own and loaded is not None and home not in ("__main__", "builtins") and getattr(loaded, own, None) is value:
        return line_for(public_home(home, own, value), own, name) if installed(loaded) else ""
    for module in list(sys.modules.values()):  # a type's other name, a table: objects that do not say where they live
        place = getattr(module, "__name__", "")
        ours = place.startswith("minclip.") and not place.startswith("minclip.course")
        if ours and not isinstance(value, PLAIN) and vars(module).get(name) is value:
            return line_for(place, name, name)
    return ""


def is_exercise(value: Any, name: str) -> bool:
    """Whether a thing that bears an exercise's name is one: a helper of that name takes other arguments."""
    try:
        mine, theirs = (len(signature(one).parameters) for one in (value, exercise_of(name)[1].library))
        return mine >= theirs
    except (ValueError, TypeError):
        return True


def line_for(module: str, own: str, name: str) -> str:
    return f"from {module} import {own}" if own == name else f"from {module} import {own} as {name}"


def given_home(name: str, value: Any) -> str:
    """The module of minclip that has the very same text under that name: what a lesson gives. "" where none has."""
    for home in HOMES:
        if name in library_definitions(home):
            theirs = getattr(sys.modules.get(f"minclip.{home}"), name, None)
            try:
                if theirs is not None and source_of(value).split() == library_source(theirs).split():
                    return home
            except ValueError:
                return ""
    return ""


def installed(module: ModuleType) -> bool:
    """Whether every Python of this environment can import it; a file beside the notebook is not installed."""
    top = module.__name__.partition(".")[0]
    if top in sys.stdlib_module_names or top == "minclip":
        return True
    path = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
    places = {Path(sysconfig.get_path(key)).resolve() for key in ("purelib", "platlib", "stdlib")}
    inside = path is not None and any(place in Path(path).resolve().parents for place in places)
    return inside or top in names_of_packages()


@functools.cache
def names_of_packages() -> frozenset[str]:
    """What can be imported of the installed packages, those that stand in a folder of their own included."""
    return frozenset(packages_distributions())


def public_home(home: str, own: str, value: Any) -> str:
    """The shortest module from which it can be imported: torch rather than torch._tensor."""
    parts = home.split(".")
    for length in range(1, len(parts)):
        shorter = sys.modules.get(".".join(parts[:length]))
        if shorter is not None and vars(shorter).get(own) is value:
            return shorter.__name__
    return home


def text_of(name: str, value: Any) -> tuple[str, dict[str, Any]]:
    """(the text that defines a name of the notebook, the names around it). ValueError where no text can."""
    if isinstance(value, FunctionType | type) or hasattr(value, "__wrapped__"):
        own = getattr(value, "__name__", name)
        text = source_of(value, name if own == "<lambda>" else own)
        if own not in (name, "<lambda>"):
            text += f"\n\n{name} = {own}\n"
        return text, namespace(value)
    written = newest_definition(name)
    if written and (is_small(value) or gives(written, value)):
        return written, {}
    if is_plain(value):
        return f"{name} = {plain_text(value)}", {}
    found = "a tensor" if isinstance(value, torch.Tensor) else f"a {type(value).__name__}"
    raise ValueError(f"it uses {name}, {found} of this notebook: pass it in as an argument, or compute it inside")


def gives(text: str, value: Any) -> bool:
    """Whether a statement such as `SCALE = 1 / 0.07` gives this value still; one that calls the notebook's does not."""
    node = ast.parse(text).body[0]
    allowed = {"float": float, "int": int, "min": min, "max": max, "range": range, "set": set, "dict": dict}
    try:
        found = eval(ast.unparse(getattr(node, "value", node)), {"__builtins__": allowed})
        return is_plain(value) and type(found) is type(value) and repr(found) == repr(value)
    except Exception:
        return False


def is_small(value: Any) -> bool:
    stateless = isinstance(value, nn.Module) and not list(value.parameters()) and not list(value.buffers())
    own = type(value).__module__ == "__main__" and all(map(is_plain, getattr(value, "__dict__", {}).values()))
    return stateless or own or isinstance(value, SMALL) or get_origin(value) is not None


def is_plain(value: Any, around: frozenset[int] = frozenset()) -> bool:
    """Numbers and texts, and lists, tuples, sets and dicts of them."""
    if type(value) in PLAIN:
        return True
    if id(value) in around or type(value) not in (list, tuple, set, frozenset, dict):  # no list that holds itself
        return False
    inside = [*value, *value.values()] if isinstance(value, dict) else value
    return all(is_plain(one, around | {id(value)}) for one in inside)


def plain_text(value: Any) -> str:
    """A literal that gives the value back; infinities, too."""
    text = repr(value)
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        text = re.sub(r"(?<![\w.'\"])(-?inf|nan)\b", r'float("\1")', text)
    return text
