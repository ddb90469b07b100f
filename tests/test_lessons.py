"""The notebooks: nothing drifted from text and library; unsolved they run, solved they pass and hand on.

That the stored outputs are what the solutions print is nbval's work: see the Makefile.
"""

import ast
import contextlib
import re
import subprocess

import pytest

build = pytest.importorskip("minclip.course.build", reason="pip install -e .[course] brings what builds notebooks")

from minclip.course.learner_library import finished  # noqa: E402
from minclip.course.notebook_files import COURSE_KEYS, FIRST_KEYS, as_text, course_path, read, same_cells  # noqa: E402
from minclip.course.outline import LESSONS  # noqa: E402
from minclip.course.workbook import answers_folder  # noqa: E402

WRITTEN = build.written()
NAMES = [lesson.name for lesson in WRITTEN]
LIBRARY_FREE_OUTPUTS = ("stream", "display_data", "execute_result")


def outputs(notebook, kind):
    """Everything that the code cells printed to stdout or stderr."""
    found = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.text for output in found if output.output_type == "stream" and output.name == kind)


def exercises(notebook):
    return {cell.id: cell.source for cell in notebook.cells if build.is_exercise(cell)}


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_notebooks_are_what_text_and_library_make(lesson):
    advice = f"change lessons/{lesson.name}/lesson.md or the library, then run make lessons"
    course = course_path(lesson)
    assert course.is_file(), f"{course.name} is not built: {advice}"
    text = as_text(build.lesson_notebook(lesson))
    assert course.read_text(encoding="utf-8") == text, (
        f"minclip/course/notebooks/{course.name} is made by a build: {advice}"
    )
    solution = build.solution_path(lesson)
    assert solution.is_file(), f"solutions/{solution.name} is not built: {advice}"
    assert same_cells(build.solution_notebook(lesson), read(solution)), (
        f"solutions/{solution.name} is made by a build: {advice}"
    )


def committed(path):
    """Whether git has the file as it is: nobody has written in it since. False without git."""
    command = ["git", "status", "--porcelain", "--", str(path)]
    with contextlib.suppress(OSError):
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
        return done.returncode == 0 and not done.stdout.strip()
    return False


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_notebooks_in_lessons_are_the_courses_or_somebodys(lesson):
    path = build.lesson_path(lesson)
    found = build.readable(path)
    if found is not None and same_cells(read(course_path(lesson)), found):
        return
    if not committed(path):
        pytest.skip(f"lessons/{path.name} holds what somebody wrote: it is theirs, and not compared")
    pytest.fail(
        f"lessons/{path.name} was committed with changes. To change a lesson, edit lessons/{lesson.name}/lesson.md. If "
        "these are your answers, keep the file. minclip course start makes a workbook, which is a better place for them"
    )


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_stored_outputs_of_solutions_refuse_nothing(lesson):
    solution = read(build.solution_path(lesson))
    printed = outputs(solution, "stdout")
    assert printed.count("✓") >= len(lesson.exercises)
    assert "✗" not in printed and "○" not in printed
    assert outputs(solution, "stderr") == ""


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_building_twice_gives_the_same(lesson):
    assert as_text(build.grading_notebook(lesson)) == as_text(build.grading_notebook(lesson))


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_every_exercise_is_asked_hinted_and_checked_once(lesson):
    notebook = build.grading_notebook(lesson)
    names = [exercise.name for exercise in lesson.exercises]
    assert list(exercises(notebook)) == names
    graded = [c.id for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert graded == [f"check-{name}" for name in names]
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert re.findall(r"### Exercise \S+ · `(\w+)`", text) == names
    assert "### exercise" not in text
    assert text.count("<details><summary>Hint") >= 2 * len(names)
    for heading in ("## Recap", "## Questions", "## Go further", "## Sources", "See it break"):
        assert heading in text


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_the_learners_cells_hold_no_solution(lesson):
    stubs, solved = exercises(build.lesson_notebook(lesson)), exercises(build.solution_notebook(lesson))
    for exercise in lesson.exercises:
        text = stubs[exercise.name]
        ast.parse(text)
        assert text.count("raise NotImplementedError") == max(1, len(exercise.write))
        assert "SOLUTION" not in text and "SOLUTION" not in solved[exercise.name]
        assert '"""' in text
    hidden = "".join(str(cell.source) for cell in build.lesson_notebook(lesson).cells)
    assert "AUTOTEST" not in hidden and "BEGIN HIDDEN" not in hidden


def test_a_changed_library_function_changes_all_three(monkeypatch):
    lesson = WRITTEN[-1]
    before = [make(lesson) for make in (build.lesson_notebook, build.solution_notebook, build.grading_notebook)]
    source = build.library_source
    monkeypatch.setattr(build, "library_source", lambda thing: source(thing).replace('"""', '"""Changed. ', 1))
    for old, make in zip(before, (build.lesson_notebook, build.solution_notebook, build.grading_notebook), strict=True):
        assert not same_cells(old, make(lesson))


UNSOLVED = [  # lesson 07 trains for a minute
    pytest.param(lesson, id=lesson.name, marks=pytest.mark.slow if lesson.number == 7 else []) for lesson in WRITTEN
]


@pytest.mark.parametrize("lesson", UNSOLVED)
def test_unsolved_every_cell_runs_and_every_check_says_so(lesson, tmp_path):
    run = build.executed(build.lesson_notebook(lesson), build.lesson_path(lesson).parent, tmp_path)
    printed = outputs(run, "stdout")
    for exercise in lesson.exercises:
        assert f"○ {exercise.name}: " in printed
    assert "✓" not in printed and "✗" not in printed
    assert outputs(run, "stderr") == ""
    assert list(tmp_path.iterdir()) == []


# nbval runs the same cells, and compares what they print: the longer ones take minutes together
SOLVED = [
    pytest.param(lesson, id=lesson.name, marks=[] if lesson.number in (0, 1, 4, 12, 14) else pytest.mark.slow)
    for lesson in WRITTEN
]


@pytest.mark.parametrize("lesson", SOLVED)
def test_solved_every_check_passes_and_answers_are_kept(lesson, tmp_path, monkeypatch):
    where = tmp_path / "Ünterricht mit Leerzeichen" / "solutions" / lesson.name
    where.mkdir(parents=True)
    run = build.executed(build.solution_notebook(lesson), where)
    printed = outputs(run, "stdout")
    assert "✗" not in printed and "○" not in printed
    assert outputs(run, "stderr") == ""
    monkeypatch.chdir(where)
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    assert answers_folder() == where / "workbook" / "my_minclip"
    assert finished() == [exercise.name for exercise in lesson.exercises]


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_stored_outputs_are_there_and_depend_on_no_machine(lesson):
    stored = read(build.solution_path(lesson))
    for cell in stored.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None
            for output in cell.outputs:
                assert output.output_type in LIBRARY_FREE_OUTPUTS
                text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
                assert not re.search(r"0x[0-9a-f]{6,}|/home/|/root/|/tmp/|\\\\Users|it/s", text), text
    assert outputs(stored, "stderr") == ""
    assert any("image/png" in o.get("data", {}) for c in stored.cells if c.cell_type == "code" for o in c.outputs)


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_every_key_that_the_course_writes_is_known(lesson):
    for notebook in (build.lesson_notebook(lesson), build.solution_notebook(lesson)):
        assert {key for cell in notebook.cells for key in cell.metadata} <= {*COURSE_KEYS, *FIRST_KEYS}


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_every_stored_figure_has_an_alternative_text(lesson):
    stored = build.read(build.solution_path(lesson))
    for output in (output for cell in stored.cells if cell.cell_type == "code" for output in cell.outputs):
        if "image/png" in output.get("data", {}):
            assert len(output.metadata.get("image/png", {}).get("alt", "").split()) >= 4


def test_the_outline_and_the_folders_agree():
    folders = sorted(path.parent.name for path in (build.ROOT / "lessons").glob("*/lesson.md"))
    assert folders == sorted(NAMES)
    numbers = [lesson.number for lesson in LESSONS]
    assert numbers == sorted(set(numbers)) and numbers[:11] == list(range(11))  # later ones may come in any order
