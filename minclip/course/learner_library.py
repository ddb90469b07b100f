"""The learner's own library: what passed its check is kept in the workbook's my_minclip/, one readable file per module.

`built` hands it to later lessons; `installed` puts it in minclip's place, for `minclip train --mine`. Every file stands
on its own: it imports what its text needs, and holds the small things that the text took from its notebook.
"""

import ast
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from minclip.course.answer_dependencies import PACKAGE, requirements
from minclip.course.exercise import Exercise
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.workbook import answers_folder, make_answers_folder
from minclip.data.paths import atomic_write

HEADER = '"""Written by you: what passed its check in the lessons. minclip\'s own stands in minclip/{home}.py."""\n'
MARK = "# --- {name}, lesson {lesson:02}\n"  # where a part begins


def folder() -> Path | None:
    """Where the learner's code is kept; None in the solutions, which are nobody's own."""
    return answers_folder()


def later_syntax_error(name: str) -> str:
    """Where the newest cell that writes `name` cannot be read: Python still holds the version before it. Else ""."""
    if "IPython" not in sys.modules:
        return ""
    shell = sys.modules["IPython"].get_ipython()
    cells = shell.user_ns.get("In", []) if shell else []
    written = [cell for cell in cells if re.search(rf"^\s*(def|class) {name}\b", cell, re.MULTILINE)]
    try:
        ast.parse(shell.transform_cell(written[-1]) if written else "")
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno} of the cell"
    return ""


def keep(answer: Any, source: str, exercise: Exercise) -> str:
    """Writes the answer into its module's file; returns what to tell the learner.

    ValueError where the text needs something that only its notebook has.
    """
    needs = requirements(answer, source)
    place = folder()
    if place is None:
        return ""
    path = place / f"{exercise.home}.py"
    parts = read_parts(path)
    own = [name for name in parts if name != exercise.name]
    imports = [line for line in needs if not any(line.endswith(f" import {name}") for name in own)]
    parts[exercise.name] = "\n".join(imports) + ("\n\n\n" if imports else "") + source
    order = [one.name for lesson in LESSONS for one in lesson.exercises]
    text = HEADER.format(home=exercise.home)
    for name in sorted(parts, key=order.index):
        text += f"\n\n{MARK.format(name=name, lesson=exercise_of(name)[0].number)}{parts[name].rstrip()}\n"
    make_answers_folder()
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))
    return f" Kept in {PACKAGE}/{exercise.home}.py, and used from now on."


def read_parts(path: Path) -> dict[str, str]:
    """exercise -> its part of a file. A file that is not there has none."""
    if not path.is_file():
        return {}
    pieces = re.split(r"^# --- (\w+), lesson \d+\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def load(name: str) -> Any | None:
    """The learner's own version of an exercise, read from its file; None where it is not there.

    Read anew each time: the file may have changed. ValueError where the file does not run.
    """
    place, (_, exercise) = folder(), exercise_of(name)
    if place is None or name not in read_parts(place / f"{exercise.home}.py"):
        return None
    return getattr(modules(place)[exercise.home], name)


def modules(place: Path) -> dict[str, ModuleType]:
    """All of the learner's files, imported anew as modules of the package my_minclip."""
    for known in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[known]
    sys.modules[PACKAGE] = package = ModuleType(PACKAGE)
    package.__path__ = [str(place)]  # wherever it lies: nothing is added to sys.path
    invalidate_caches()
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # it would outlive a quick second edit
    homes = dict.fromkeys(exercise.home for lesson in LESSONS for exercise in lesson.exercises)
    found = {}
    try:
        for home in homes:
            if (place / f"{home}.py").is_file():
                found[home] = import_module(f"{PACKAGE}.{home}")
    except Exception as error:
        raise ValueError(
            f"{place / f'{home}.py'} does not run ({type(error).__name__}: {error}): mend it, or delete it and run its "
            f"lesson again"
        ) from error
    finally:
        sys.dont_write_bytecode = writes_bytecode
    return found


def built(*names: str) -> Any:
    """What the learner built, by name: their own where it passed its check, else minclip's; says which.

    >>> PatchEmbedding = built("PatchEmbedding")  # doctest: +SKIP
    PatchEmbedding: yours
    """
    found, said = [], []
    for name in names:
        _, exercise = exercise_of(name)
        own = load(name)
        found.append(exercise.library if own is None else own)
        whose = "minclip's" if own is None else "yours"
        said.append(f"{name}: {whose}")
    print(" · ".join(said))
    return found[0] if len(found) == 1 else tuple(found)


def finished() -> list[str]:
    """The exercises whose answers are kept, in the order of the course."""
    place = folder()
    exercises = [exercise for lesson in LESSONS for exercise in lesson.exercises]
    return [e.name for e in exercises if place is not None and e.name in read_parts(place / f"{e.home}.py")]


@contextmanager
def installed() -> Iterator[list[str]]:
    """Inside, all of minclip works with the learner's parts; gives their names. ValueError where there are none."""
    names = finished()
    if not names:
        raise ValueError(f"nothing of yours is kept in {folder()}: solve an exercise of the lessons first")
    place = folder()
    assert place is not None  # it holds names
    own = modules(place)
    exercises = [exercise_of(name)[1] for name in names]
    swaps = [(exercise.library, getattr(own[exercise.home], exercise.name)) for exercise in exercises]
    import_module("minclip.experiments.experiment")  # brings every module that trains
    try:
        for theirs, mine in swaps:
            replace(theirs, mine)
        yield names
    finally:
        for theirs, mine in swaps:
            replace(mine, theirs)


def replace(old: Any, new: Any) -> None:
    """Every mention of `old` in minclip's modules becomes `new`, default arguments included."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] != "minclip" or name.startswith("minclip.course"):
            continue
        for key, value in list(vars(module).items()):
            if value is old:
                setattr(module, key, new)
            elif isinstance(value, FunctionType) and value.__defaults__:
                value.__defaults__ = tuple(new if default is old else default for default in value.__defaults__)
