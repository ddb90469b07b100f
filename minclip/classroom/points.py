"""`points_of("clip_loss")`: the last line of a check's cell, where nbgrader grades. It gives the points of an answer.

marking.py says what an answer gets, tampering.py what costs all of its points. What comes of both is also displayed,
for the report. Nothing goes to stderr, and nothing is raised but nbgrader's own interrupt: both would cost all points.
"""

import os
import random
import sys
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from typing import Any

from minclip.classroom.marking import SEEDS, Marks, marks
from minclip.classroom.record import MIME
from minclip.classroom.tampering import Findings, findings
from minclip.course.checking import check
from minclip.course.execution_guards import captured
from minclip.course.grading import GIVEN
from minclip.course.outline import exercise_of

SEED = "MINCLIP_CLASSROOM_SEED"  # of the class: any text, the same for all of its students


def points_of(name: str) -> float:
    """The points of the answer to an exercise, as it stands in the notebook that calls this."""
    space = sys._getframe(1).f_globals
    try:
        found = judged(name, space)
    except KeyboardInterrupt:  # nbgrader's time limit
        raise
    except BaseException as error:
        found = Marks(name, 0.0, flags=[f"it could not be judged: {type(error).__name__}: {error!s:.200}"])
    publish(found)
    return found.points


def judged(name: str, space: dict[str, Any]) -> Marks:
    """The marks of the answer, and what a teacher should look at."""
    lesson, exercise = exercise_of(name)
    answer = answer_in(space, name)
    if answer is None:
        return Marks(name, float(exercise.points), visible=f"○ {name}: there is nothing of this name.")
    seen = Findings()
    with captured():
        seen = findings(answer, exercise, space)
    found = marks(answer, lesson, exercise, seed_of_class())
    if seen.void:
        found.points = 0.0
    found.flags = [*seen.void, *seen.notes]
    if any("with other random numbers" in said for said in found.hidden):
        found.flags.append("right for the notebook's numbers, wrong for others: are they written into the answer?")
    return found


def answer_in(space: dict[str, Any], name: str) -> Any:
    """What the learner wrote: `check` has put minclip's in the place of a wrong answer."""
    given, there = GIVEN.get(name), space.get(name)
    return given if given is not None and space.get("check") is check else there


def seed_of_class() -> int:
    """1 to SEEDS, by the text in the environment."""
    text = os.environ.get(SEED, "")
    return random.Random(text).randrange(SEEDS) + 1 if text else 1


def publish(found: Marks) -> None:
    """Displays them, in a notebook."""
    data = asdict(found)
    said = f"{found.points:g} of {found.of:g} points"
    with suppress(Exception):
        display = import_module("IPython.display")
        if import_module("IPython").get_ipython() is not None:
            display.publish_display_data({MIME: data, "text/plain": said})
