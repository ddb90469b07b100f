"""A class as a teacher meets it, through the commands: exact points, nothing lost, no hidden test in the feedback."""

import csv
import html
import re
from pathlib import Path

import pytest
from class_of_students import CLASS, EXERCISES, LOSS, QUICK, TOKENIZER
from classroom_examples import contents

pytest.importorskip("nbgrader")

from minclip.classroom import hidden_tests
from minclip.classroom.hidden_lines import region, squeezed
from minclip.cli import main
from minclip.course.notebook_files import read

TAGS = re.compile(r"<[^>]*>")


def command(*words: object) -> None:
    assert main(["classroom", *map(str, words)]) == 0


def found_points(room: Path) -> dict[str, tuple[float, ...]]:
    """Student -> the points of each exercise, as the gradebook has them."""
    from nbgrader.api import Gradebook

    found = {}
    with Gradebook(f"sqlite:///{room / 'gradebook.db'}") as book:
        for lesson in (TOKENIZER, LOSS):
            if not (room / "release" / lesson.name).is_dir():
                continue
            for one in book.find_assignment(lesson.name).submissions:
                grades = {grade.name: grade.score for grade in one.notebooks[0].grades}
                found[one.student.id] = tuple(grades[f"check-{name}"] for name in EXERCISES[lesson])
    return found


def hand_in_all(place: Path, students: list, lessons: str) -> tuple[Path, dict[str, bytes]]:
    """A class whose students handed in, looked over; and every byte that grading must not change."""
    room, work = place / "class", place / "my work"
    command(room, "--lessons", lessons)
    for student in students:
        student.hand_in(room)
    command("check", room)
    (work / "my_minclip").mkdir(parents=True)
    (work / f"{LOSS.name}.ipynb").write_bytes((room / "release" / LOSS.name / f"{LOSS.name}.ipynb").read_bytes())
    for name in ("__init__.py", "loss.py"):
        (work / "my_minclip" / name).write_text("raise RuntimeError('the teacher has not finished this')\n")
    return room, kept(room)


def kept(room: Path) -> dict[str, bytes]:
    return contents(*(room / step for step in ("source", "release", "submitted")), room.parent / "my work")


def hidden_lines(room: Path, students: list) -> set[str]:
    """Every line of a hidden test, without what the class sees anyway and what students wrote themselves."""
    modules = [path.read_text(encoding="utf-8") for path in Path(hidden_tests.__file__).parent.glob("*.py")]
    lines = {line for text in modules for line in text.splitlines()}
    seen = [cell.source for path in room.glob("release/*/*.ipynb") for cell in read(path).cells]
    for path in room.glob("source/*/*.ipynb"):
        for cell in read(path).cells:
            lines |= set(region(cell.source))
            if cell.metadata.get("nbgrader", {}).get("solution"):
                seen.append(cell.source)
    seen += [text for student in students for text in student.answers.values()]
    known = {squeezed(line) for text in seen for line in text.splitlines()}
    return {squeezed(line) for line in lines if len(squeezed(line)) >= 12} - known


def shown(room: Path) -> dict[str, str]:
    """Student -> all that the feedback shows, without spaces."""
    pages = room.glob("feedback/*/*/*.html")
    return {page.parts[-3]: squeezed(html.unescape(TAGS.sub("", page.read_text(encoding="utf-8")))) for page in pages}


def test_a_few_get_exactly_their_points(tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my work" / "my_minclip"))
    room, before = hand_in_all(tmp_path, QUICK, "05")
    command("grade", room, "--jobs", 1)
    command("report", room)
    assert found_points(room) == {student.name: student.expected for student in QUICK}
    assert kept(room) == before
    hidden = hidden_lines(room, QUICK)
    assert not [(name, line) for name, text in shown(room).items() for line in hidden if line in text]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The whole class, graded in its order, and again in the other."""
    place = tmp_path_factory.mktemp("class")
    bounds = ("--jobs", 2, "--seconds", 40, "--memory", 3000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINCLIP_MINE", str(place / "my work" / "my_minclip"))
        room, before = hand_in_all(place, CLASS, "01,05")
        command("grade", room, *bounds)
        command("report", room)
        first = found_points(room)
        command("grade", room, *bounds, "--force", "--students", ",".join(one.name for one in reversed(CLASS)))
    return room, before, first


@pytest.mark.slow
def test_everybody_gets_exactly_their_points(graded):
    *_, first = graded
    assert first == {student.name: tuple(map(float, student.expected)) for student in CLASS}


@pytest.mark.slow
def test_the_other_order_gives_the_same_points(graded):
    room, _, first = graded
    assert found_points(room) == first


@pytest.mark.slow
def test_grading_changes_no_byte_of_students_and_teacher(graded):
    room, before, _ = graded
    after = kept(room)
    assert [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)] == []


@pytest.mark.slow
def test_no_line_of_a_hidden_test_is_in_feedback(graded):
    room, *_ = graded
    pages, hidden = shown(room), hidden_lines(room, CLASS)
    assert pages.keys() == {student.name for student in CLASS} and len(hidden) > 100
    assert not [(name, line) for name, text in pages.items() for line in hidden if line in text]


@pytest.mark.slow
def test_the_table_has_the_points_of_the_gradebook(graded):
    room, _, first = graded
    with (room / "report" / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows and {row["student"] for row in rows} == set(first)
