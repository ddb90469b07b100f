"""Writes the tables of docs/teaching.md: pacing, exercises with ids and points, typical mistakes with what is said.

    python docs/teaching_tables.py

tests/test_teaching_page.py fails where the page is not what this makes.
"""

from collections.abc import Callable
from pathlib import Path

from page_marks import made_anew

from minclip.classroom import cheats, marking
from minclip.course.exercise import Exercise, Lesson
from minclip.course.judging import tried
from minclip.course.outline import LESSONS, number_of
from minclip.course.planted_answers import Answer, run_cell

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "teaching.md"
PLANS = {  # how a course goes through the lessons
    "Six weeks": [("week", lessons) for lessons in ([0, 1], [2], [3, 4], [5, 6], [7, 8], [9, 10])],
    "Two days": [("day", [0, 2, 3, 5]), ("day", [6, 7, 8, 10])],
    "After CLIP": [("week", lessons) for lessons in ([11], [12, 13], [14, 15])],
}


def exercises() -> str:
    """Number, id, points, difficulty and minutes of every exercise."""
    rows = [
        f"| {number_of(one.name)} | `{one.name}` | {', '.join(one.former) or '–'} | {one.points} "
        f"| {'●' * one.difficulty} | {one.minutes} |"
        for lesson in LESSONS
        for one in lesson.exercises
    ]
    total = sum(one.points for lesson in LESSONS for one in lesson.exercises)
    minutes = sum(one.minutes for lesson in LESSONS for one in lesson.exercises)
    head = ["| exercise | id | former ids | points | difficulty | minutes |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows, f"| all | | | {total} | | {minutes} |"]) + "\n"


def mistakes() -> str:
    """For each exercise the first two planted mistakes that its check names, with the words that it says."""
    rows = [
        f"| {number_of(exercise.name)} `{exercise.name}` | {said} |"
        for lesson in LESSONS
        for exercise in lesson.exercises
        for said in named(lesson, exercise)
    ]
    return "\n".join(["| exercise | a typical mistake gets |", "|---|---|", *rows]) + "\n"


def named(lesson: Lesson, exercise: Exercise, most: int = 2) -> list[str]:
    found: list[str] = []
    for answer in lesson.answers.WRONG:
        if answer.exercise == exercise.name and answer.says and len(found) < most:
            said = mistake_of(answer, lesson, exercise)
            if said and said not in found:
                found.append(said)
    return found


def mistake_of(answer: Answer, lesson: Lesson, exercise: Exercise) -> str:
    """What the check says is wrong, in words; "" where it names no mistake."""
    mine = run_cell(answer.code, lesson.answers.SETUP)[exercise.name]
    _, end = tried(mine, lesson, exercise)
    mistake = getattr(end, "mistake", None)
    return str(mistake).replace("|", "\\|") if mistake else ""


def pacing() -> str:
    """The plans, with the minutes that the lessons state."""
    lines = ["| plan | when | lessons | minutes |", "|---|---|---|---|"]
    for plan, parts in PLANS.items():
        for number, (unit, lessons) in enumerate(parts, 1):
            minutes = sum(LESSONS[one].minutes for one in lessons)
            titles = ", ".join(f"{one:02} {LESSONS[one].title}" for one in lessons)
            lines.append(f"| {plan} | {unit} {number} | {titles} | {minutes} |")
    return "\n".join(lines) + "\n"


def rule() -> str:
    """How points come about, in the words of the code that gives them."""
    return marking.RULE.strip() + "\n"


def cheating() -> str:
    """What somebody may try, and what comes of it."""
    return "\n".join(cheats.table()) + "\n"


TABLES: dict[str, Callable[[], str]] = {
    "pacing": pacing,
    "rule": rule,
    "exercises": exercises,
    "mistakes": mistakes,
    "cheating": cheating,
}


if __name__ == "__main__":
    PAGE.write_text(made_anew(PAGE.read_text(encoding="utf-8"), TABLES), encoding="utf-8")
