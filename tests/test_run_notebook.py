"""Notebooks that do their worst while they are graded: what each cell shows afterwards, and what is left of them."""

import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

psutil = pytest.importorskip("psutil")
pytest.importorskip("nbgrader")

from minclip.classroom import execution  # noqa: E402
from minclip.classroom.process_tree import ProcessTree, size_of  # noqa: E402

SWALLOWS = """
while True:
    try:
        import time
        time.sleep(1000)
    except BaseException:
        pass
"""
LEAVES = """
import os, sys, threading
def on():
    while True:
        sum(range(10**5))
threading.Thread(target=on).start()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp(sys.executable, [sys.executable, "-c", "import time; time.sleep(1000)", "{mark}"])
    os._exit(0)
"""
FORKS = "import os, time\nfor _ in range(250):\n    if os.fork() == 0:\n        time.sleep(1000)\n        os._exit(0)"


def ran(folder: Path, *sources: str, beside: Path | None = None, monkeypatch=None, **bounds: int) -> list[NotebookNode]:
    """The code cells of a notebook after it ran."""
    course = folder / "course"
    (course / "submitted").mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(cells=[new_code_cell(textwrap.dedent(source).strip()) for source in sources])
    given = {"cell_seconds": 60, "seconds": 300, "memory": 2 * 2**30} | bounds
    return execution.executed(notebook, beside or course / "submitted", course, **given).cells


def shown(cell: NotebookNode) -> str:
    """The first output in words: an error's name, or the result."""
    if not cell.outputs:
        return ""
    first = cell.outputs[0]
    return first.ename if first.output_type == "error" else first.get("data", {}).get("text/plain", first.get("text"))


@pytest.fixture(scope="module")
def one_kernel(tmp_path_factory):
    """Cells after which the kernel goes on."""
    cells = {
        "begin": "x = 1",
        "exit": "exit()",
        "system exit": "import sys; sys.exit(3)",
        "a while later": "import time; time.sleep(0.3); x",
        "noise": "print('noise', file=sys.stderr); x",
        "no output": "y = 2",
        "empty": "",
        "endless": "while True: pass",
        "endless output": "while True: print('spam' * 1000)",
        "huge line": "print('y' * 20_000_000)",
        "hog": "z = bytearray(10**11)",
        "end": "x + y",
    }
    folder = tmp_path_factory.mktemp("one")
    return dict(zip(cells, ran(folder, *cells.values(), cell_seconds=4), strict=True))


@pytest.mark.parametrize(
    ("cell", "shows"),
    [
        ("begin", ""),
        ("system exit", "SystemExit"),
        ("a while later", "1"),
        ("endless", "CellTimeoutError"),
        ("endless output", "OutputTooLong"),
        ("huge line", "OutputTooLong"),
        ("hog", "MemoryError"),
        ("end", "3"),
    ],
)
def test_a_cell_that_can_be_stopped_costs_itself_only(one_kernel, cell, shows):
    assert shown(one_kernel[cell]) == shows


def test_every_cell_that_holds_code_has_run(one_kernel):
    assert [name for name, cell in one_kernel.items() if not cell.execution_count] == ["empty"]


def test_output_is_bounded(one_kernel):
    assert max(len(str(cell.outputs)) for cell in one_kernel.values()) < 6 * 2**20


@pytest.fixture(scope="module")
def several_kernels(tmp_path_factory):
    """Cells that end the kernel."""
    cells = {
        "begin": "x = 1; open('mark.txt', 'w').close()",
        "os._exit": "import os; os._exit(0)",
        "swallows": SWALLOWS,
        "folder deleted": "import os, shutil; shutil.rmtree(os.getcwd()); os.killpg(0, 9)",
        "end": "x + 1",
    }
    folder = tmp_path_factory.mktemp("several")
    beside = folder / "submission"
    beside.mkdir()
    (beside / "notes.txt").write_text("mine")
    found = ran(folder, *cells.values(), beside=beside, cell_seconds=2)
    return dict(zip(cells, found, strict=True)) | {"beside": beside}


@pytest.mark.parametrize(
    ("cell", "shows", "words"),
    [
        ("begin", "", ""),
        ("os._exit", "KernelEnded", "the kernel ended in this cell: os._exit, or a crash"),
        ("swallows", "KernelEnded", "this cell ran longer than 2 seconds, and did not heed the interrupt"),
        ("folder deleted", "KernelEnded", "the kernel ended in this cell: os._exit, or a crash"),
        ("end", "2", ""),
    ],
)
def test_a_cell_that_ends_the_kernel_costs_itself_only(several_kernels, cell, shows, words):
    found = several_kernels[cell]
    assert shown(found) == shows
    assert not words or found.outputs[0].evalue == words


def test_a_submission_loses_no_file_of_its_own(several_kernels):
    assert [path.name for path in several_kernels["beside"].iterdir()] == ["notes.txt"]


def test_nothing_that_a_notebook_started_goes_on(tmp_path):
    if sys.platform == "win32":
        pytest.skip("Windows has no fork")
    cells = ran(tmp_path, "x = 1", LEAVES.format(mark=tmp_path), "x + 1")
    assert shown(cells[2]) == "2"
    assert not [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in (one.info["cmdline"] or [])]


@pytest.mark.slow
def test_too_many_processes_are_ended(tmp_path):
    if sys.platform == "win32":
        pytest.skip("Windows has no fork")
    before = len(psutil.pids())
    cells = ran(tmp_path, "x = 1", FORKS, "x + 1", memory=64 * 2**30)
    assert shown(cells[1]) == "KernelEnded" and "processes" in cells[1].outputs[0].evalue
    assert shown(cells[2]) == "2"
    assert len(psutil.pids()) < before + 100


@pytest.mark.slow
def test_a_notebook_that_never_stops_ending_kernels_gets_errors(tmp_path):
    cells = ran(tmp_path, *["import os; os._exit(1)"] * 5, "1")
    assert [shown(cell) for cell in cells] == ["KernelEnded"] * 4 + ["DidNotRun"] * 2


def test_a_notebook_that_takes_too_long_gets_errors(tmp_path):
    cells = ran(tmp_path, "x = 1", "while True: pass", "x + 1", seconds=3)
    assert [shown(cell) for cell in cells] == ["", "CellTimeoutError", "DidNotRun"]


def test_a_cell_cannot_be_left_out_by_a_tag(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("1/0", metadata={"tags": ["skip-execution", "raises-exception"]})])
    with tempfile.TemporaryDirectory() as short, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", short)
        done = execution.executed(notebook, tmp_path, tmp_path, 60, 300, 2**30)
        assert not list(Path(short).iterdir())
    assert shown(done.cells[0]) == "ZeroDivisionError"


DRAWS = """
%matplotlib inline
from minclip.data.picturebook import PictureBook
from matplotlib import pyplot
book = PictureBook("val", size=32, count=6, captions_per_picture=1, progress=False)
pyplot.imshow(book.image(0))
print(len(book))
"""


@pytest.fixture(scope="module")
def away_from_home(tmp_path_factory):
    """A kernel while the teacher's home, caches and variables are there to be found."""
    folder = tmp_path_factory.mktemp("teacher")
    home, beside, data = folder / "home", folder / "submission", folder / "data"
    startup = home / ".ipython/profile_default/startup"
    for place in (startup, beside / "minclip", data):
        place.mkdir(parents=True)
    (startup / "00.py").write_text("teacher = 1")
    (home / "start.py").write_text("teacher = 2")
    for name in ("torch.py", "random.py", "minclip/__init__.py"):
        (beside / name).write_text("raise SystemExit")
    (beside / "helpers.py").write_text("value = 7")
    cells = {
        "startup": "'teacher' in globals()",
        "variables": f"import os; os.environ.get('TOKEN'), os.environ['HOME'] == {str(home)!r}",
        "names": "'sys' in globals()",
        "modules": "import minclip, torch, random, helpers; helpers.value, minclip.__name__",
        "threads": "torch.get_num_threads(), torch.cuda.is_available()",
        "pictures": DRAWS.strip(),
        "answers": "from minclip.course.workbook import answers_folder; answers_folder().name",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("IPYTHONDIR", str(home / ".ipython"))
        patch.setenv("PYTHONSTARTUP", str(home / "start.py"))
        patch.setenv("MINCLIP_MINE", str(home / "my_minclip"))
        patch.setenv("MINCLIP_DATA", str(data))
        patch.setenv("TOKEN", "secret")
        found = ran(folder, *cells.values(), beside=beside)
    return dict(zip(cells, found, strict=True)) | {"home": home, "data": data}


@pytest.mark.parametrize(
    ("cell", "shows"),
    [
        ("startup", "False"),
        ("variables", "(None, False)"),
        ("names", "False"),
        ("modules", "(7, 'minclip')"),
        ("threads", "(1, False)"),
        ("answers", "'my_minclip'"),
    ],
)
def test_a_kernel_knows_nothing_of_the_teacher(away_from_home, cell, shows):
    assert shown(away_from_home[cell]) == shows


def test_pictures_are_drawn_where_no_cache_can_be_written(away_from_home):
    cell = away_from_home["pictures"]
    assert "6\n" in [output.get("text") for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in cell.outputs)
    assert not any(output.output_type == "error" for output in cell.outputs)
    assert not list(away_from_home["data"].iterdir()) and not (away_from_home["home"] / "my_minclip").exists()


def test_a_kernel_that_cannot_start_is_no_submissions_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit('no kernel here')")
    with pytest.raises(RuntimeError, match="no kernel here"):
        ran(tmp_path, "1")


def test_a_failed_check_leaves_the_librarys_own(tmp_path):
    source = [
        "def clip_loss(*given):\n    import os\n    os._exit(0)",
        "clip_loss(1)",
        "clip_loss.__module__",
        "similarity_logits = similarity_logits",
        "similarity_logits.__module__",
    ]
    cells = [new_code_cell(text) for text in source]
    cells[1].metadata["nbgrader"] = {"grade_id": "check-clip_loss"}
    cells[3].metadata["nbgrader"] = {"grade_id": "check-similarity_logits"}
    done = execution.executed(new_notebook(cells=cells), tmp_path, tmp_path, 60, 300, 4 * 2**30)
    assert [shown(cell) for cell in done.cells] == ["", "KernelEnded", "'minclip.loss'", "NameError", "'minclip.loss'"]
    assert len(done.cells) == len(source)


def test_files_are_counted(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c").write_bytes(b"123")
    assert size_of(tmp_path) == 8
    tree = ProcessTree(2**40, tmp_path, 7)
    assert tree.passed_bound(20) == "it wrote more than 6.68e-06 MB to files"
