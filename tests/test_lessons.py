"""The notebooks: nothing drifted from text and library; unsolved they run, solved they pass and hand on.

That the stored outputs are what the solutions print is nbval's work: see the Makefile.
"""

import ast
import re

import pytest

build = pytest.importorskip("minclip.course.build", reason="pip install -e .[course] brings what builds notebooks")

from minclip.course.learner_library import finished, folder  # noqa: E402
from minclip.course.outline import LESSONS  # noqa: E402

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
    for make, path in (
        (build.lesson_notebook, build.lesson_path(lesson)),
        (build.solution_notebook, build.solution_path(lesson)),
    ):
        assert path.is_file(), f"{path.name} is not built: run make lessons"
        assert build.same_cells(make(lesson), build.read(path)), (
            f"{path.parent.parent.name}/{path.name} is not what lesson.md and minclip/ make: notebooks are never "
            f"edited by hand; change lessons/{lesson.name}/lesson.md or the library, then run make lessons"
        )


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_building_twice_gives_the_same(lesson):
    assert build.nbformat.writes(build.grading_notebook(lesson)) == build.nbformat.writes(
        build.grading_notebook(lesson)
    )


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
    monkeypatch.setattr(build, "library_source", lambda thing: source(thing).replace("Returns", "Gives back"))
    for old, make in zip(before, (build.lesson_notebook, build.solution_notebook, build.grading_notebook), strict=True):
        assert not build.same_cells(old, make(lesson))


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_unsolved_every_cell_runs_and_every_check_says_so(lesson, tmp_path):
    run = build.executed(build.lesson_notebook(lesson), build.lesson_path(lesson).parent, tmp_path)
    printed = outputs(run, "stdout")
    for exercise in lesson.exercises:
        assert f"○ {exercise.name}: " in printed
    assert "✓" not in printed and "✗" not in printed
    assert outputs(run, "stderr") == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_solved_every_check_passes_and_answers_are_kept(lesson, tmp_path, monkeypatch):
    where = tmp_path / "Ünterricht mit Leerzeichen" / "lessons" / lesson.name
    where.mkdir(parents=True)
    run = build.executed(build.solution_notebook(lesson), where)
    printed = outputs(run, "stdout")
    assert "✗" not in printed and "○" not in printed
    assert outputs(run, "stderr") == ""
    monkeypatch.chdir(where)
    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    assert folder() == where.parent / "my_minclip"
    assert finished() == [exercise.name for exercise in lesson.exercises]


@pytest.mark.parametrize("lesson", WRITTEN, ids=NAMES)
def test_stored_outputs_are_there_and_depend_on_no_machine(lesson):
    stored = build.read(build.solution_path(lesson))
    for cell in stored.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None
            for output in cell.outputs:
                assert output.output_type in LIBRARY_FREE_OUTPUTS
                text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
                assert not re.search(r"0x[0-9a-f]{6,}|/home/|/root/|/tmp/|\\\\Users|it/s", text), text
    assert outputs(stored, "stderr") == ""
    assert any("image/png" in o.get("data", {}) for c in stored.cells if c.cell_type == "code" for o in c.outputs)


def test_the_outline_and_the_folders_agree():
    folders = sorted(path.parent.name for path in (build.ROOT / "lessons").glob("*/lesson.md"))
    assert folders == sorted(NAMES)
    assert [lesson.number for lesson in LESSONS] == list(range(len(LESSONS)))
