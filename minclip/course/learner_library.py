"""The learner's own parts at work: `built` hands them to later lessons, `installed` puts them in minclip's place.

`installed` is what `minclip train --mine` does. Both load the package my_minclip, which is made from the kept answers.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from minclip.course.former_answers import take_over_at_first
from minclip.course.kept_answer import HAND
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_package import PARTS
from minclip.course.missing_answer import explain_missing_answers
from minclip.course.outline import exercise_of
from minclip.course.same_code import is_same_code
from minclip.course.workbook import ANSWERS as PACKAGE
from minclip.course.workbook import answers_folder, short, where_answers_go
from minclip.experiments.replaced_parts import identical


def load(place: Path, name: str) -> Any:
    """The learner's version of a part, from the package in `place`, read anew: the files may have changed.

    ValueError where it does not run.
    """
    open_package(place)
    return part(place, name)


def open_package(place: Path) -> None:
    """Makes the folder the package my_minclip, and forgets what was imported from it before."""
    for known in [key for key in sys.modules if key.partition(".")[0] == PACKAGE]:
        del sys.modules[known]
    sys.modules[PACKAGE] = package = ModuleType(PACKAGE)
    package.__path__ = [str(place)]  # wherever it lies: nothing is added to sys.path
    invalidate_caches()


def part(place: Path, name: str) -> Any:
    """A part of the package that is open. ValueError where it does not run."""
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # it would outlive a quick second edit
    try:
        return getattr(import_module(f"{PACKAGE}.{PARTS[name]}"), name)
    except (Exception, SystemExit) as error:
        raise ValueError(where_it_fails(error, place)) from error
    finally:
        sys.dont_write_bytecode = writes_bytecode


def where_it_fails(error: BaseException, place: Path) -> str:
    """File and line of the package in which an import failed, and what Python said."""
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    if isinstance(error, SyntaxError):
        return f"{PACKAGE}/{Path(error.filename or '').name}, line {error.lineno}: {said}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(place))]
    return f"{PACKAGE}/{Path(frames[-1].filename).name}, line {frames[-1].lineno}: {said}" if frames else said


def built(*names: str) -> Any:
    """What the learner built, by name: their own where it passed its check, else minclip's; says which.

    >>> PatchEmbedding = built("PatchEmbedding")  # doctest: +SKIP
    PatchEmbedding: yours
    """
    explain_missing_answers()
    exercises = {name: exercise_of(name)[1] for name in names}
    for line in (where_answers_go(), *news()):
        if line:
            print(line)
    place = answers_folder()
    own = KeptAnswers(place).names() if place else []
    if place:
        open_package(place)
    found, said = [], []
    for name, exercise in exercises.items():
        value, whose = exercise.library, "minclip's"
        if place and name in own:
            try:
                value, whose = part(place, name), "yours"
                if KeptAnswers(place).answer(name).by_hand:
                    whose += f", {HAND}"
            except ValueError as error:
                whose += f" (yours does not run: {error})"
        found.append(value)
        said.append(f"{name}: {whose}")
    print(" · ".join(said))
    return found[0] if len(found) == 1 else tuple(found)


def news() -> list[str]:
    """Brings the package up to date with edits by hand; what happened, in sentences."""
    place = answers_folder()
    if place is None:
        return []
    try:
        return [*take_over_at_first(place, KeptAnswers(place)), *KeptAnswers(place).up_to_date()]
    except OSError as error:  # a read-only folder, a full disk: what is kept can still be read
        return [f"{short(place)} could not be brought up to date: {error}"]


def finished() -> list[str]:
    """The exercises whose answers are kept, in the order of the course."""
    place = answers_folder()
    return KeptAnswers(place).names() if place else []


@contextmanager
def installed() -> Iterator[list[str]]:
    """Inside, all of minclip works with the learner's parts; gives their names.

    A part that is minclip's word for word stays minclip's object: the engine's shortcuts know it (same_code.py).
    ValueError where there are none, or where one does not run.
    """
    place = answers_folder()
    for line in news():
        print(line, file=sys.stderr)
    names = finished()
    if not names or place is None:
        raise ValueError(f"nothing of yours is kept in {place}: solve an exercise of the lessons first")
    open_package(place)
    try:
        swaps = [(exercise_of(name)[1].library, part(place, name)) for name in names]
    except ValueError as error:
        raise ValueError(f"your own parts do not run: {error}. Mend it, or run `minclip course reset`") from error
    import_module("minclip.experiments.experiment")  # brings every module that trains
    same = {name for name, (theirs, mine) in zip(names, swaps, strict=True) if is_same_code(mine, theirs)}
    swaps = [swap for name, swap in zip(names, swaps, strict=True) if name not in same]
    try:
        identical.update(same)
        for theirs, mine in swaps:
            replace(theirs, mine)
        yield names
    finally:
        identical.clear()
        for theirs, mine in swaps:
            replace(mine, theirs)


def replace(old: Any, new: Any) -> None:
    """Every mention of `old` in minclip's modules becomes `new`, default arguments included."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] != "minclip" or name.startswith(("minclip.course", "minclip.classroom")):
            continue
        for key, value in list(vars(module).items()):
            if value is old:
                setattr(module, key, new)
            elif isinstance(value, FunctionType):
                if value.__defaults__:
                    value.__defaults__ = tuple(new if one is old else one for one in value.__defaults__)
                if value.__kwdefaults__:
                    value.__kwdefaults__.update({at: new for at, one in value.__kwdefaults__.items() if one is old})
