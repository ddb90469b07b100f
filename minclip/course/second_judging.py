"""The second judging: what is kept is what was judged.

An answer that passes in its notebook is written down, loaded without the notebook, and judged again. The same judging
finds out whose fault it is where an answer calls another exercise that is wrong.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from minclip.course.answer_dependencies import answer_of, namespace
from minclip.course.answer_source import source_of, unwritten
from minclip.course.execution_guards import captured
from minclip.course.exercise import Exercise, Lesson
from minclip.course.judging import RIGHT, WRONG, Verdict, tried, verdict_of
from minclip.course.kept_answer import HAND, Answer, imported
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_library import load
from minclip.course.learner_package import HOMES, PARTS, library_definitions
from minclip.course.outline import exercise_of
from minclip.course.statements import outside_names, without_annotations
from minclip.course.workbook import ANSWERS as PACKAGE
from minclip.course.workbook import answers_folder, make_answers_folder


def earlier(name: str) -> tuple[Any | None, str]:
    """(the learner's version that is kept, what to call it); None where there is none that runs."""
    place = answers_folder()
    if place is None or name not in KeptAnswers(place).names():
        return None, "minclip's"
    if (found := loaded(place, name)) is None:
        return None, "minclip's, for yours does not run"
    if KeptAnswers(place).is_by_hand(name):
        return found, f"your version in {PACKAGE}/{PARTS[name]}.py, {HAND}"
    return found, "your earlier version, which passed"


def keep(answer: Answer, lesson: Lesson, exercise: Exercise, keeps: bool = True) -> str:
    """Judges the answer once more, by itself, and keeps it; returns what to tell the learner.

    ValueError, with a sentence, where it does not pass without its notebook.
    """
    if failure := judged_alone(answer, lesson, exercise):
        what, *facts = failure.text.splitlines()
        raise ValueError(
            "\n".join([f"right in this notebook, but not in a file of its own:{what.partition(':')[2]}", *facts])
        )
    place = make_answers_folder() if keeps else None
    if place is None:
        return ""
    said = KeptAnswers(place).keep(answer)
    return " ".join([f" Kept in {PACKAGE}/{exercise.home}.py, and used from now on.", *said])


def judged_alone(answer: Answer, lesson: Lesson, exercise: Exercise) -> Verdict | None:
    """What the checks say of the text without its notebook, among the answers that are kept; None: it passes."""
    place = answers_folder()
    with tempfile.TemporaryDirectory() as temporary, captured():
        trial_place = Path(temporary) / PACKAGE
        if place is not None and place.is_dir():
            shutil.copytree(place, trial_place, ignore=shutil.ignore_patterns("aside", ".lock", ".*.tmp"))
        KeptAnswers(trial_place).keep(answer)
        try:
            alone = load(trial_place, exercise.name)
        except ValueError as error:
            if place is not None:
                blame_what_is_kept(Path(temporary), KeptAnswers(place), answer, str(error))
            return Verdict(WRONG, f"{exercise.name}: it does not run\n  {error}")
        trial, end = tried(alone, lesson, exercise)
        return verdict_of(trial, end, exercise.name) if end else None


def blame_what_is_kept(temporary: Path, store: KeptAnswers, answer: Answer, why: str) -> None:
    """ValueError where an answer does not load for something else in its file: added by hand, or kept and run out."""
    kept = [store.answer(name) for name in store.names() if name != answer.name]
    if not failure_of(temporary / "without what is added by hand", *kept, answer):
        raise ValueError(f"right, but what you wrote by hand does not run: {why}. Mend it there")
    for other in kept:
        if failure := failure_of(temporary / other.name, other):
            afresh = f"minclip course reset {exercise_of(other.name)[0].number:02} {other.name}"
            raise ValueError(f"right, but your {other.name} does not run any more: {failure}. Begin it anew: {afresh}")


def failure_of(folder: Path, *answers: Answer) -> str:
    """Why the last of these answers does not load from a package of nothing else; "" where it does."""
    store = KeptAnswers(folder)
    for answer in answers:
        store.keep(answer)
    try:
        load(folder, answers[-1].name)
    except ValueError as error:
        return str(error)
    return ""


def other_exercises(answer: Answer, space: dict[str, Any]) -> list[str]:
    """The exercises that an answer calls, itself or through what its notebook gives: train calls adamw, for example.

    space: the notebook's variables.
    """
    names = [imported(line) for line in answer.imports.values()]
    called = [name for module, name, _ in names if name in PARTS and module == f"minclip.{PARTS[name]}"]
    for module, name, _ in names:
        given = library_definitions(module.removeprefix("minclip.")) if module.removeprefix("minclip.") in HOMES else {}
        if name in given and name not in PARTS and getattr(space.get(name), "__module__", "") == "__main__":
            used = outside_names(without_annotations(given[name].text))
            called += [one for one in used if one in PARTS and one in space and one not in called]
    return called


def unchecked(mine: Any, answer: Answer) -> str:
    """A sentence about other exercises that the answer calls and that are not checked as they stand; "" if all are."""
    place, space = answers_folder(), namespace(mine)
    if place is None:  # nobody's own: the solutions
        return ""
    store, names = KeptAnswers(place), []
    kept = store.names()
    for name in other_exercises(answer, space):
        thing = space.get(name)
        if getattr(thing, "__module__", "") == "__main__":
            same = name in kept and store.text(name).split() == source_of(thing, name).split()
            names += [] if same else [name]
    if not names:
        return ""
    stand_in = "your earlier version" if set(names) <= set(kept) else "minclip's"
    be = "is" if len(names) == 1 else "are"
    return f" {' and '.join(names)} {be} not checked yet. Until then {stand_in} is used."


def fault_of_another(mine: Any, source: str, lesson: Lesson, exercise: Exercise, keeps: bool = True) -> Verdict | None:
    """Where the answer fails only because another exercise that it calls is wrong: says so; else None.

    The answer itself is kept then, if it passes with right ones.
    """
    try:
        answer = answer_of(mine, exercise.name, source)
    except ValueError:
        return None
    space = namespace(mine)
    called = other_exercises(answer, space)
    wrong = [name for name in called if not passes(space.get(name), name)]
    place = answers_folder() if keeps else None
    kept = KeptAnswers(place).names() if place else []
    if wrong and judged_alone(answer, lesson, exercise) is None:
        said = keep(answer, lesson, exercise, keeps)
        others = " and ".join(f"your earlier {name}" if name in kept else f"minclip's {name}" for name in wrong)
        text = f"{exercise.name}: right with {others}. The {', '.join(wrong)} of this notebook is not right yet.{said}"
        return Verdict(RIGHT, text, load(place, exercise.name) if place else None)
    broken = [name for name in called if name in kept and place and not passes(loaded(place, name), name)]
    if broken:
        where = f"{PACKAGE}/{PARTS[broken[0]]}.py"
        what = f"it calls your {broken[0]}, which does not pass its check any more ({where})"
        return Verdict(WRONG, f"{exercise.name}: {what}. Mend that first.")
    return None


def loaded(place: Path, name: str) -> Any | None:
    try:
        return load(place, name)
    except ValueError:
        return None


def passes(thing: Any, name: str) -> bool:
    """Whether an exercise of the notebook or of a file passes its check; minclip's own does."""
    lesson, exercise = exercise_of(name)
    if thing is exercise.library:
        return True
    if thing is None:
        return False
    try:
        if unwritten(source_of(thing, name)):
            return False
    except ValueError:
        return False
    with captured():
        return tried(thing, lesson, exercise)[1] is None
