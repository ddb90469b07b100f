"""A name that is missing, and lines that refuse bad input and are missing: the check says what to write."""

import subprocess
import sys

import pytest
from notebook_session import session

pytest.importorskip("nbformat", reason="pip install -e .[course] brings what reads notebooks")

from minclip.course.checking import WIDTH, folded
from minclip.course.given_refusals import GUARDS_GONE, has_refusals
from minclip.course.judging import tried
from minclip.course.missing_names import NOT_RUN, USUAL, advice, import_in_words, names_above
from minclip.course.outline import LESSONS, exercise_of

CHECK = "cosine_similarity = check(cosine_similarity)"
GUARDS = """    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError("no two matrices of one dim")
    if not (a.any(dim=-1).all() and b.any(dim=-1).all()):
        raise ValueError("a row of zeros")
"""
BODY = "    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T\n"
COSINES = f"def cosine_similarity(a, b):\n{GUARDS}{BODY}"
DIVIDED = "    return a / a.norm(dim=-1, keepdim=True) @ (b / b.norm(dim=-1, keepdim=True)).T\n"
TO_ADD = """  → F is not imported: add `from torch.nn import functional as F` at the
    top of its cell. It is kept with your answer
"""
NAMES = [exercise.name for lesson in LESSONS for exercise in lesson.exercises]


@pytest.fixture(autouse=True)
def mine(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setattr("minclip.course.judging.SEEN", set())
    return tmp_path / "my_minclip"


@pytest.fixture
def notebook(capsys):
    """Lesson 00's names: its first cell imports no F."""
    with session(capsys, "del F, nn") as kernel:
        yield kernel


def test_a_usual_import_is_named_and_kept(notebook, mine):
    said = notebook.run(COSINES, CHECK)
    assert said.startswith("✗ cosine_similarity: raises an error.") and said.endswith(TO_ADD)
    said = notebook.run(f"from torch.nn import functional as F\n\n\n{COSINES}", CHECK)
    assert said.startswith("✓ cosine_similarity: ")
    assert "from torch.nn import functional as F" in (mine / "similarity.py").read_text(encoding="utf-8")


def test_it_is_named_where_the_cell_itself_stops(notebook):
    wrong, line = "def cosine_similarity(a: np.ndarray, b):\n    return a @ b.T\n", "`import numpy as np`"
    stops = "your version does not run (NameError: name 'np' is not defined, line 1 of the cell)."
    said = notebook.run(
        wrong, "from minclip.course.missing_answer import explain_missing_answers as e; e()", CHECK
    )  # as the import of a first cell does
    assert f"✗ cosine_similarity: {stops} Mend it, run its cell, then this one.\n  → np is not imported" in said
    notebook.run("def cosine_similarity(a, b):\n    return a @ b.T\n", CHECK)
    assert notebook.run(wrong).endswith(f"→ np is not imported: add {line} at the top of its cell.\n")
    said = notebook.run(CHECK)
    assert stops.replace("your", "your last") in said and f"\n  → np is not imported: add {line}" in said
    assert "→" not in notebook.run("no_such_name").partition("defined")[2]


@pytest.mark.parametrize("name", NAMES)
def test_a_lessons_own_names_need_its_cells(name):
    above = names_above(name)
    assert {"check", "torch"} & above
    assert all(advice(one, name) is NOT_RUN for one in above)
    assert all(str(advice(one, name)).startswith(f"{one} ") for one in USUAL.keys() - above)
    assert advice("no_such_name", name) is None


def test_every_line_binds_its_name():
    lines = [line for name, line in USUAL.items() if "`" in import_in_words(name)]
    names = [name for name in USUAL if "`" in import_in_words(name)]
    run = f"for line in {lines!r}: exec(line)\nassert set({names!r}) <= set(dir())"
    subprocess.run([sys.executable, "-c", run], check=True)


def test_a_package_that_is_missing_is_not_recommended(monkeypatch):
    monkeypatch.setattr("minclip.course.missing_names.find_spec", lambda package: None)
    assert import_in_words("rearrange") == "rearrange belongs to einops, which is not installed here: PyTorch is enough"


def test_a_name_of_the_exercises_module_is_imported():
    assert "`from minclip.similarity import unit_rows`" in str(advice("unit_rows", "cosine_similarity"))
    assert advice("cosine_similarity", "cosine_similarity") is None


def test_code_to_copy_stays_on_one_line():
    line = "  → " + "word " * 12 + "`from torch.nn import functional as F` and more"
    assert "`from torch.nn import functional as F`" in folded(line)
    assert all(len(one) <= WIDTH for one in folded(line).splitlines())


@pytest.mark.parametrize(
    "code",
    [f"def cosine_similarity(a, b):\n{DIVIDED}", f"def cosine_similarity(a, b):\n    a @ b.T\n{GUARDS}{BODY}"],
    ids=["gone", "too late"],
)
def test_refusals_that_are_gone_are_named(notebook, code):
    said = notebook.run("from torch.nn import functional as F", code, CHECK)
    assert "raises another error" in said and "RuntimeError" in said
    assert said.endswith("  → the lines that refuse bad input are gone, changed, or come too late\n")
    assert "put them back there" in notebook.run(code, CHECK)


def test_refusals_that_are_accepted_are_named():
    def cosine_similarity(a, b):
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
            raise ValueError("no two matrices of one dim")
        return a / a.norm(dim=-1, keepdim=True) @ (b / b.norm(dim=-1, keepdim=True)).T

    _, end = tried(cosine_similarity, *exercise_of("cosine_similarity"))
    assert end.lines[0] == "accepts what it must refuse" and end.mistake is GUARDS_GONE


@pytest.mark.parametrize(
    ("exercise", "function", "given"),
    [("cosine_similarity", "cosine_similarity", True), ("CLIP", "encode_image", True), ("TextTransformer", "", True),
     ("train", "train", False), ("BPETokenizer", "__call__", False), ("causal_mask", "causal_mask", False)],
)  # fmt: skip
def test_only_given_refusals_are_put_back(exercise, function, given):
    thing = object()
    if function:
        thing = lambda: None  # noqa: E731
        thing.__name__ = function
    assert has_refusals(exercise, thing) is given


def test_where_answers_are_stands_beside_the_first_tick(notebook, mine):
    wrong = notebook.run("def cosine_similarity(a, b):\n    return a @ b.T\n", CHECK)
    assert wrong.startswith("✗") and "kept" not in wrong
    right = notebook.run(f"from torch.nn import functional as F\n{COSINES}", CHECK)
    assert right.startswith("✓") and right.endswith(f"\nRight answers are kept in {mine}.\n")
    assert "Right answers" not in notebook.run(CHECK)


def test_in_the_courses_own_notebooks_all_are_told(notebook, monkeypatch):
    monkeypatch.setattr("minclip.course.checking.in_the_courses_own", lambda: True)
    assert "answers are kept in" in notebook.run("def cosine_similarity(a, b):\n    return a @ b.T\n", CHECK)
