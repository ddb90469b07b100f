"""Feedback shows points and words, and no line of a hidden test."""

import html
import re
from pathlib import Path

import pytest
from nbformat import read, write
from nbformat.v4 import new_code_cell, new_notebook, new_output
from small_classroom import FIRST, as_bytes, cell, classroom, hand_in, run_nbgrader, source_notebook, state

from minclip.classroom.feedback import HideHiddenTests, without_places
from minclip.classroom.feedback_files import write_feedback
from minclip.classroom.hidden_lines import NOT_SHOWN, HiddenLines, region
from minclip.classroom.hidden_tests import lesson_05
from minclip.classroom.record import MIME

NAME = FIRST.name
ONE, TWO = (one.name for one in FIRST.exercises[:2])
SECRET = [
    "numbers = [3, -3, 7.25]",
    "for number in numbers:",
    f"    assert {ONE}(number) == number ** 2, 'a secret way to ask'",
]
LEAKY = f"""
def {ONE}(x):
    import inspect
    print(In[-1])
    print(repr(In[-1]))
    print(In[-1].splitlines()[-2])
    return x * x if x != 7.25 else 0
"""
RAISES = f"""
def {ONE}(x):
    if x == -3:
        raise ValueError(In[-1])
    return x * x
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of four, graded by plain nbgrader: right, one that prints its caller, one that raises it, a stub."""
    folder = classroom(tmp_path_factory.mktemp("feedback") / "class", lessons=(FIRST,))
    hand_in(folder / "source", ".", FIRST, as_bytes(source_notebook("\n".join(SECRET))))
    run_nbgrader(folder, "generate_assignment", NAME, "--force")
    released = read(folder / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    for student, answer in {
        "anna": f"def {ONE}(x):\n    return x * x",
        "ben": LEAKY,
        "cy": RAISES,
        "dora": None,
    }.items():
        if answer:
            released.cells[1].source = answer
            released.cells[5].source = "Because."
        path = hand_in(folder / "submitted", student, FIRST, b"")
        write(released, path)
        released = read(folder / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    run_nbgrader(folder, "autograde", NAME)
    return folder


def texts(folder):
    """What each page of feedback shows, without markup and spaces."""
    pages = {path.parent.parent.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
    return {student: re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", page))) for student, page in pages.items()}


def hidden_lines(folder):
    source = (folder / "source" / NAME / f"{NAME}.ipynb").read_bytes()
    made = read(folder / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    assert source
    return [re.sub(r"\s+", "", line) for one in made.cells for line in region(one.source)]


def test_no_line_of_a_hidden_test_stands_in_feedback(graded):
    before = (graded / "gradebook.db").read_bytes()
    said = write_feedback(graded)
    assert (graded / "gradebook.db").read_bytes() == before
    assert said[0] == "feedback/ has the feedback of 4 submissions."
    shown, hidden = texts(graded / "feedback"), hidden_lines(graded)
    assert set(shown) == {"anna", "ben", "cy", "dora"} and len(hidden) == 3
    for student, page in shown.items():
        assert not [line for line in hidden if line in page], student
        assert f"assert{ONE}(2)==4" in page, "the visible part of the check is gone"
    raw = b"".join(state(graded / "feedback").values())
    assert b"7.25]" not in raw and b"secret way" in raw  # the message stays, in one line


@pytest.mark.slow
def test_nbgraders_own_feedback_would_show_them(graded, tmp_path):
    """What the test above looks for is found where nothing hides it."""
    run_nbgrader(graded, "generate_feedback", NAME, "--CourseDirectory.feedback_directory=plain")
    shown = texts(graded / "plain")
    assert all(line in shown["anna"] for line in hidden_lines(graded))


@pytest.mark.slow
def test_the_preprocessor_serves_plain_nbgrader(graded):
    config = (
        "c = get_config()\n"
        "from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor\n"
        "from nbgrader.preprocessors import GetGrades\n"
        "from minclip.classroom.feedback import HideHiddenTests\n"
        "c.GenerateFeedback.preprocessors = [GetGrades, HideHiddenTests, CSSHTMLHeaderPreprocessor]\n"
    )
    (graded / "nbgrader_config.py").write_text(config, encoding="utf-8")
    run_nbgrader(graded, "generate_feedback", NAME, "--force", "--CourseDirectory.feedback_directory=ours")
    (graded / "nbgrader_config.py").unlink()
    for page in texts(graded / "ours").values():
        assert not [line for line in hidden_lines(graded) if line in page]


def test_feedback_keeps_what_a_teacher_put_there(graded):
    note = graded / "feedback" / "anna" / NAME / "note.txt"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("well done")
    write_feedback(graded)
    assert note.read_text() == "well done" and not list(graded.glob(".feedback-*"))


def test_one_damaged_notebook_costs_its_own_feedback(graded):
    path = graded / "autograded" / "ben" / NAME / f"{NAME}.ipynb"
    before = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"{")
    (graded / "feedback" / "ben" / NAME / f"{NAME}.html").unlink(missing_ok=True)
    said = write_feedback(graded)
    path.write_bytes(before)
    assert said[0].startswith("feedback/ has the feedback of 3") and said[1].startswith(f"ben · {NAME}: no feedback")


def shown_of(outputs, source="f(1)\n### BEGIN HIDDEN TESTS\nassert f(9.75) == 3\n### END HIDDEN TESTS"):
    """A check's cell after the preprocessor, with the table above it."""
    about = {"grade": True, "solution": False, "locked": True, "grade_id": "check-f", "points": 3, "score": 1.5}
    graded = new_code_cell(source, metadata={"nbgrader": about}, outputs=outputs)
    made, _ = HideHiddenTests().preprocess(new_notebook(cells=[graded]), {})
    return made


def data_of(**more):
    return new_output(
        "display_data", data={MIME: {"exercise": "f", "points": 1.5, "of": 3} | more, "text/plain": "1.5"}
    )


def test_a_student_sees_points_verdict_and_kind():
    outputs = [
        new_output("stream", text="✗ f: wrong\n"),
        data_of(visible="✗ f: wrong", hidden=["a batch | of one"], flags=["calls the library"]),
        new_output("execute_result", data={"text/plain": "1.5"}),
    ]
    made = shown_of(outputs)
    table, check = made.cells
    assert "<td>f</td><td>1.5 of 3</td><td>✗ wrong</td><td>a batch &#124; of one</td>" in table.source
    assert check.source == "f(1)"
    assert [one.text for one in check.outputs] == [
        "✗ f: wrong\n",
        "1.5 of 3 points.\nA hidden test fails: a batch | of one",
    ]
    assert "calls the library" not in str(made) and MIME not in str(made)


def test_hidden_tests_are_passed_where_the_check_is():
    for visible, words in (
        ("✓ f: 3 checks", "<td>✓ f: 3 checks</td><td>passed</td>"),
        ("✗ f: no", "<td>✗ no</td><td></td>"),
    ):
        assert words in shown_of([data_of(visible=visible)]).cells[0].source


def test_a_written_answer_says_that_it_waits(graded):
    write_feedback(graded)
    shown = texts(graded / "feedback")
    assert "question-01notmarkedyet,of4" in shown["ben"] and "question-010of4" in shown["dora"]


LINE = "assert f(9.75) == 3"
SHOWS = [
    LINE,
    f"----> 3 {LINE}",
    f"      3     {LINE}",
    "\x1b[1;32m      3\x1b[0m \x1b[32massert\x1b[39m f(\x1b[94m9.75\x1b[39m) == \x1b[94m3\x1b[39m",
    f"'f(1)\\n{LINE}\\n'",
    LINE.replace(" ", ""),
    f"x\t{LINE}  # and more",
]


@pytest.mark.parametrize("words", SHOWS)
@pytest.mark.parametrize("kind", ["stream", "text/html", "application/json", "error"])
def test_an_output_that_shows_a_hidden_line_is_cut(kind, words):
    if kind == "stream":
        output = new_output("stream", text=f"before\n{words}\nafter")
    elif kind == "error":
        output = new_output("error", ename="ValueError", evalue=words, traceback=["Traceback", words])
    else:
        output = new_output("display_data", data={kind: {"a": [words, 3]} if kind.endswith("json") else words})
    made = shown_of([output])
    assert "9.75" not in str(made)
    if kind == "stream":
        assert made.cells[1].outputs[0].text.startswith("before") and made.cells[1].outputs[0].text.endswith("after")


def test_data_that_show_a_hidden_line_are_cut():
    assert "9.75" not in str(shown_of([data_of(visible=f"✗ f: {LINE}", hidden=[LINE])]))


def test_a_check_s_traceback_is_one_line():
    output = new_output("error", ename="KeyError", evalue="'x'", traceback=["in hidden_tests.py", "--> secret()"])
    made = shown_of([output])
    assert made.cells[1].outputs[0].traceback == ["KeyError: 'x'"] and "secret" not in str(made)


def test_mark_schemes_are_shown_to_whom_the_teacher_wants():
    text = "Because.\n### BEGIN MARK SCHEME\n2 points for ...\n### END MARK SCHEME"
    about = {"grade": True, "solution": True, "locked": False, "grade_id": "question-01", "points": 3}
    for shows in (False, True):
        made = new_notebook(cells=[cell("markdown", text, "q", nbgrader=about)])
        made, _ = HideHiddenTests(show_mark_schemes=shows).preprocess(made, {})
        assert ("2 points for" in made.cells[1].source) == shows


def test_lines_that_the_class_sees_are_not_hidden():
    hidden_part = "import torch\nx = 3\n)\nassert f(torch.ones(3)) == x"
    hidden = HiddenLines.of([f"import torch\n### BEGIN HIDDEN TESTS\n{hidden_part}\n### END HIDDEN TESTS"])
    assert hidden.lines == {"assertf(torch.ones(3))==x"}
    assert hidden.cut("import torch\nx = 3") == "import torch\nx = 3"


def test_a_students_own_code_stays():
    hidden = HiddenLines({"x==3", "assertf(9.75)==3"})
    assert hidden.cut_code("x == 3\ny = 4") == "x == 3\ny = 4"
    assert "9.75" not in hidden.cut_code("def f(x):\n    assert f(9.75) == 3\n    return x")


def test_hidden_tests_without_an_end_are_cut():
    made = shown_of([], source="f(1)\n### BEGIN HIDDEN TESTS\nassert f(9.75) == 3")
    assert made.cells[1].source == "f(1)"


def test_a_page_of_feedback_runs_and_fetches_nothing(graded):
    """The teacher opens it, too, and a student's output may hold a script."""
    write_feedback(graded)
    page = (graded / "feedback" / "anna" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    head = page[: page.index("<title>")]
    assert "Content-Security-Policy" in head and "default-src 'none'" in head and "script-src" not in head
    assert not re.search(r"""(src|href)=["']https?:""", page)


def test_the_config_can_show_mark_schemes(graded):
    path = graded / "autograded" / "anna" / NAME / f"{NAME}.ipynb"
    before, made = path.read_bytes(), read(path, as_version=4)
    made.cells[-1].source += "\n\n### BEGIN MARK SCHEME\ntwo points for both\n### END MARK SCHEME"
    path.chmod(0o644)
    write(made, path)
    shown = []
    for line in ("", "c.HideHiddenTests.show_mark_schemes = True\n"):
        (graded / "nbgrader_config.py").write_text(f"c = get_config()\n{line}", encoding="utf-8")
        write_feedback(graded)
        shown.append("two points for both" in (graded / "feedback/anna" / NAME / f"{NAME}.html").read_text("utf-8"))
    path.write_bytes(before)
    (graded / "nbgrader_config.py").unlink()
    assert shown == [False, True]


def test_the_files_of_hidden_tests_are_cut_from_outputs():
    text = Path(lesson_05.__file__).read_text(encoding="utf-8")
    printed = [new_output("stream", text=text), new_output("execute_result", data={"text/plain": repr(text)})]
    shown = str(shown_of(printed))
    assert NOT_SHOWN in shown and "nn.Parameter(torch.tensor" not in shown and "eye.flip" not in shown


def test_lines_that_a_student_wrote_are_no_secret():
    line = "    right = library.similarity_logits"
    hidden = HiddenLines.of([], [f"def f():\n{line}"])
    assert hidden.cut(line) == line and hidden.cut("right = library.clip_loss") == NOT_SHOWN


OURS = (
    "f = check(f)\n### BEGIN HIDDEN TESTS\npoints_of('f')\nassert f(9.75) == 3, 'the secret 9.75'\n### END HIDDEN TESTS"
)
FAILED = new_output(
    "error", ename="AssertionError", evalue="the secret 9.75", traceback=["Cell In[3]", "----> 4 assert f(9.75) == 3"]
)


def test_a_teachers_own_test_that_fails_is_said():
    made = shown_of([data_of(visible="✓ f: 3 checks"), FAILED], source=OURS)
    assert "<td>✓ f: 3 checks</td><td>a further test of your teacher failed</td>" in made.cells[0].source
    assert "secret" not in str(made) and "9.75" not in str(made)
    assert made.cells[1].outputs[-1].text.endswith("A further test of your teacher failed.")


def test_a_teachers_test_before_the_points_is_said():
    source = OURS.replace("points_of('f')\n", "").replace("### END", "points_of('f')\n### END")
    first = new_output("error", ename="AssertionError", evalue="secret", traceback=["----> 3 assert f(9.75) == 3"])
    made = shown_of([first], source=source)
    assert "a further test of your teacher failed" in made.cells[0].source and "secret" not in str(made)


def test_a_teachers_test_that_students_see_shows_its_message():
    source = OURS.replace("### END HIDDEN TESTS", "### END HIDDEN TESTS\nassert f(1) == 2, 'one gives two'")
    failed = new_output("error", ename="AssertionError", evalue="one gives two", traceback=["----> 6 assert f(1) == 2"])
    made = shown_of([data_of(visible="✓ f: 3 checks"), failed], source=source)
    assert "failed: AssertionError: one gives two" in made.cells[0].source


def test_what_stopped_a_check_is_no_further_test():
    stopped = new_output(
        "error", ename="CellTimeoutError", evalue="it ran for 3 s", traceback=["CellTimeoutError: 3 s"]
    )
    missing = new_output("error", ename="NameError", evalue="no check", traceback=["----> 1 f = check(f)"])
    for output in (stopped, missing):
        assert "teacher" not in shown_of([output], source=OURS).cells[0].source


def test_the_folder_of_the_run_is_cut_from_outputs():
    run = "/tmp/mc-ab12cd_9/w0"
    text = f"{run}/tmp/ipykernel_12/345.py:3: UserWarning: no\n{run}/lesson/a.png\n{run}/my_minclip"
    assert "345.py:3: UserWarning: no\na.png\nmy_minclip" in str(
        shown_of([new_output("stream", text=text)]).cells[1].outputs[0].text
    )
    result = new_output("execute_result", data={"text/plain": f"PosixPath('{run}/lesson/a.png')"})
    made = new_notebook(cells=[new_code_cell("path", outputs=[result])])
    shown, _ = HideHiddenTests().preprocess(made, {})
    assert shown.cells[0].outputs[0].data["text/plain"] == "PosixPath('a.png')"
    picture = "abcd/efg" * 30_000  # one long word: a search that goes back for each of its signs would take minutes
    assert without_places(f"{picture} {run}/lesson/a.png") == f"{picture} a.png"


def test_a_figure_is_no_wider_than_the_page():
    from minclip.classroom.feedback_files import still

    page = still("<html><head><style>img { width: 2000px }</style></head><body></body></html>")
    assert re.search(r"img[^{]*{ max-width: 100%; height: auto;? }\s*</style></head>", page)


def test_feedback_names_the_student_and_comes_as_a_zip(graded):
    from zipfile import ZipFile

    said = write_feedback(graded)
    assert said[-1] == f"report/feedback_{NAME}.zip has the pages of {NAME} in a folder for each student."
    with ZipFile(graded / "report" / f"feedback_{NAME}.zip") as packed:
        assert packed.namelist() == [f"{student}/{NAME}.html" for student in ("anna", "ben", "cy", "dora")]
        page = packed.read(f"anna/{NAME}.html").decode("utf-8")
    assert re.search(r"<h2[^>]*>anna · 05 ", html.unescape(page)) and "Test cell" not in page and "Score:" not in page


def test_the_zip_has_moodles_names_of_folders():
    from minclip.classroom.feedback_files import platform_folder

    about = {"name": "Berg: Anna", "lessons": {NAME: {"platform": "moodle", "number": "123"}}}
    record = {"Berg_Anna": about}
    assert platform_folder("Berg_Anna", FIRST, record) == "Berg_ Anna_123_assignsubmission_file"
    assert platform_folder("ben", FIRST, record) == "ben"


def test_a_question_that_was_put_back_says_so():
    from minclip.classroom.further_tests import mark_put_back
    from minclip.classroom.results import words_of

    about = {"grade": True, "solution": True, "locked": False, "grade_id": "question-05", "points": 4, "score": 0}
    made = new_notebook(cells=[cell("markdown", "Why?", "question-05", nbgrader=about)])
    mark_put_back(made.cells[0].metadata)
    shown, _ = HideHiddenTests().preprocess(made, {})
    assert "<td>0 of 4</td><td>it was not in the notebook that you handed in</td>" in shown.cells[0].source
    made.cells[1].metadata.nbgrader["grade_id"] = "check-f"
    assert words_of(made)["f"].gone


def test_a_teachers_comment_stands_in_the_table():
    about = {"grade": True, "solution": True, "locked": False, "grade_id": "question-05", "points": 4, "score": 3}
    for comment, shows in (("Well *said*", True), ("No response.", False)):
        made = new_notebook(cells=[cell("markdown", "So.", "question-05", nbgrader=about | {"comment": comment})])
        made, _ = HideHiddenTests().preprocess(made, {})
        assert ("your teacher's comment" in made.cells[0].source) == shows
        assert ("<td>Well &#42;said&#42;</td>" in made.cells[0].source) == shows
