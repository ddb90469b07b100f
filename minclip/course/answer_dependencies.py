"""What a learner's text needs around it, so that it runs in a file of its own and not only in its notebook."""

import inspect
import sys
from types import ModuleType
from typing import Any

from minclip.course.answer_source import outside_names, source_of
from minclip.course.outline import exercise_of

PACKAGE = "my_minclip"  # what the learner's own library is called
PLAIN = (int, float, str, bool, bytes, type(None))


def requirements(answer: Any, source: str, seen: frozenset[str] = frozenset()) -> list[str]:
    """The lines that must stand above a text so that it works in a file of its own.

    ValueError where it uses a variable of the notebook that no line can bring along.
    """
    space = namespace(answer)
    lines: list[str] = []
    for name in outside_names(source):
        if name in seen or name == getattr(answer, "__name__", None):
            continue
        if name not in space:
            raise ValueError(f"it uses {name}, which is nowhere defined: import it, or write it first")
        lines += [line for line in lines_for(name, space[name], seen | {name}) if line not in lines]
    return lines


def namespace(answer: Any) -> dict[str, Any]:
    """The variables that a function or a class's methods can see."""
    functions = vars(answer).values() if isinstance(answer, type) else [answer]
    spaces = [getattr(inspect.unwrap(function), "__globals__", None) for function in functions if callable(function)]
    return next((space for space in spaces if space is not None), {})


def lines_for(name: str, value: Any, seen: frozenset[str]) -> list[str]:
    """What defines `name` in a file: an import, a number or text, or the function that the learner wrote beside it."""
    if isinstance(value, ModuleType):
        parent, _, last = value.__name__.rpartition(".")
        if last == name:
            return [f"from {parent} import {name}" if parent else f"import {name}"]
        return [f"import {value.__name__} as {name}"]
    if isinstance(value, PLAIN) or (isinstance(value, tuple) and all(isinstance(one, PLAIN) for one in value)):
        return [f"{name} = {value!r}"]
    home, own = getattr(value, "__module__", None) or "", getattr(value, "__name__", None)
    if own and home not in ("__main__", "builtins"):
        loaded = sys.modules.get(home)
        if loaded is not None and getattr(loaded, own, None) is value:
            home = public_home(home, own, value)
            return [f"from {home} import {own}" if own == name else f"from {home} import {own} as {name}"]
    if own == name and home == "__main__":
        try:
            exercise_of(name)
        except ValueError:  # a helper of the learner's
            text = source_of(value)
            return [*requirements(value, text, seen), f"\n\n{text.rstrip()}"]
        return [f"from {PACKAGE}.{exercise_of(name)[1].home} import {name}"]
    for module in list(sys.modules.values()):  # the name of a type, or a table: objects that do not say where they live
        place = getattr(module, "__name__", "")
        if place.startswith("minclip.") and not place.startswith("minclip.course") and vars(module).get(name) is value:
            return [f"from {place} import {name}"]
    found = "a tensor" if type(value).__name__ == "Tensor" else f"a {type(value).__name__}"
    raise ValueError(f"it uses {name}, {found} of this notebook: pass it in as an argument, or compute it inside")


def public_home(home: str, own: str, value: Any) -> str:
    """The shortest module from which it can be imported: torch rather than torch._tensor."""
    parts = home.split(".")
    for length in range(1, len(parts)):
        shorter = sys.modules.get(".".join(parts[:length]))
        if shorter is not None and vars(shorter).get(own) is value:
            return shorter.__name__
    return home
