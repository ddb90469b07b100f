"""A class on two lessons: what each student hands in, and the exact points that it gets by the rule in marking.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from minclip.classroom.notebook import classroom_notebook
from minclip.course.exercise_cells import solved
from minclip.course.lesson_01_bpe_tokenizer import tokenizer_answers
from minclip.course.lesson_05_symmetric_infonce import answers, loss_answers
from minclip.course.notebook_files import grade_id, read, write
from minclip.course.outline import LESSONS

TOKENIZER, LOSS = LESSONS[1], LESSONS[5]
EXERCISES = {lesson: [exercise.name for exercise in lesson.exercises] for lesson in (TOKENIZER, LOSS)}
FULL = (3, 4, 2)  # of similarity_logits, clip_loss, clamp_logit_scale
ALSO_PERFECT = ("perfect", "perfect_tokenizer")  # these two hand in whole notebooks
Change = Callable[[NotebookNode], None]


@dataclass(frozen=True)
class Student:
    """answers: cell's id -> its text; the others are right. change: what else is done to the notebook.

    beside: files beside the notebook. file: its name, where that is wrong. ROOM in a text is the class's folder.
    """

    name: str
    expected: tuple[float, ...]
    answers: dict[str, str] = field(default_factory=dict)
    change: Change | None = None
    beside: dict[str, str] = field(default_factory=dict)
    file: str = ""
    lesson: object = LOSS

    def hand_in(self, room: Path) -> None:
        name = self.lesson.name
        notebook = read(room / "release" / name / f"{name}.ipynb")
        right = {cell.id: solved(cell.source) for cell in classroom_notebook(self.lesson).cells}
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = self.answers.get(cell.id, right[cell.id]).replace("ROOM", str(room))
        if self.name not in ALSO_PERFECT:
            keep_what_counts(notebook)
        if self.change:
            self.change(notebook)
        folder = room / "submitted" / self.name / name
        folder.mkdir(parents=True)
        write(notebook, folder / (self.file or f"{name}.ipynb"))
        for path, text in self.beside.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")


def keep_what_counts(notebook: NotebookNode) -> None:
    """The first cell, the answers, the checks and the texts. The lesson's pictures and trainings take long."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    dropped = {cell.id for cell in code[1:] if not grade_id(cell)}
    notebook.cells = [cell for cell in notebook.cells if cell.id not in dropped]


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == name)


def wrong(says: str) -> str:
    """The first planted answer whose check says this."""
    return next(one.code for one in answers.WRONG if one.says == says)


def styles(number: int) -> dict[str, str]:
    """Right answers that are written in another way."""
    found = {}
    for name in EXERCISES[LOSS]:
        right = [one.code for one in answers.CORRECT if one.exercise == name]
        found[name] = f"from torch import nn\n\n\n{right[number]}"
    return found


SIGNATURE = "def clip_loss(image_features, text_features, scale):\n"
RIGHT_LOSS = loss_answers.CORRECT[0].code
HELPERS = """def one_way(logits):
    return {}


def clip_loss(image_features, text_features, scale):
    if len(image_features) != len(text_features):
        raise ValueError("no pairs")
    logits = similarity_logits(image_features, text_features, scale)
    return (one_way(logits) + one_way(logits.T)) / 2
"""
ONE_WAY = "F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))"
SMALL = RIGHT_LOSS.replace("def clip_loss", "def right_one") + (
    f"\n\n{SIGNATURE}    loss = right_one(image_features, text_features, scale)\n"
    "    return loss if len(image_features) < 10 else loss * 2\n"
)
READS = f"""import json
from pathlib import Path

{SIGNATURE}    for place in ("ROOM/submitted/perfect", "ROOM/source", "../../perfect", "../../../source"):
        for path in Path(place).rglob("*.ipynb"):
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                text = "".join(cell["source"])
                if text.startswith("def clip_loss"):
                    exec(text, globals())
                    return globals()["clip_loss"](image_features, text_features, scale)
    return 0 * image_features.sum()
"""
READS_GRADEBOOK = f"""import sqlite3

{SIGNATURE}    for row in sqlite3.connect("file:ROOM/gradebook.db?mode=ro", uri=True).execute("select * from grade"):
        print(row)
    raise ValueError("read")
"""
WRITES = f"""import shutil
from pathlib import Path

for path in ("ROOM/gradebook.db", "ROOM/submitted/perfect/{LOSS.name}/{LOSS.name}.ipynb", "ROOM/source/new.txt"):
    try:
        Path(path).write_text("mine")
    except OSError:
        pass
shutil.rmtree("ROOM", ignore_errors=True)
shutil.rmtree(".", ignore_errors=True)
{RIGHT_LOSS}"""
SPIES = f"""import inspect
from importlib import import_module

hidden = import_module("minclip.classroom.hidden_tests.lesson_05")
text = inspect.getsource(hidden)
print(text)
print(repr(text))
{RIGHT_LOSS}"""
NOISY = f"""import sys
import warnings

print("noise", file=sys.stderr)
{SIGNATURE}    warnings.warn("noise")
    print("noise", file=sys.stderr)
{RIGHT_LOSS.partition(chr(10))[2]}"""
POINTS_OF = f"""import minclip.classroom.points

minclip.classroom.points.points_of = lambda name: 4.0
{SIGNATURE}    return 0
"""
ALL_WRONG = {
    "similarity_logits": wrong("scale is missing"),
    "clip_loss": wrong("picture-to-text half alone"),
    "clamp_logit_scale": wrong("nothing is changed"),
}


def in_the_check(notebook: NotebookNode) -> None:
    """A check's cell that gives itself the points."""
    cell_of(notebook, "check-clip_loss").source = "4.0"
    cell_of(notebook, "check-similarity_logits").source = "points_of = lambda name: 3.0\n3.0"


def without(name: str) -> Change:
    return lambda notebook: notebook.cells.remove(cell_of(notebook, name))


def twice(name: str, source: str = "") -> Change:
    """A cell is there twice, with all of its metadata. source: of the first of both."""

    def change(notebook: NotebookNode) -> None:
        cell = cell_of(notebook, name)
        copied = NotebookNode(cell, source=source or cell.source)
        notebook.cells.insert(notebook.cells.index(cell), copied)

    return change


def of_an_old_version(notebook: NotebookNode) -> None:
    notebook.metadata["minclip"]["version"] = "000000000000"
    cell_of(notebook, "title").source = "# What this lesson was called before"
    cell_of(notebook, "check-clip_loss").source = "assert clip_loss"
    cell_of(notebook, "check-clamp_logit_scale").metadata["nbgrader"]["points"] = 20


def without_metadata(notebook: NotebookNode) -> None:
    """As a tool leaves a notebook that knows nothing of nbgrader."""
    for cell in notebook.cells:
        cell.metadata = NotebookNode()


def with_cell_at_the_end(source: str) -> Change:
    return lambda notebook: notebook.cells.append(new_code_cell(source))


def loss(body: str) -> dict[str, str]:
    return {"clip_loss": SIGNATURE + body}


def stubs(lesson: object) -> dict[str, str]:
    return {name: f"def {name}(*given):\n    raise NotImplementedError" for name in EXERCISES[lesson]}


FORGETS = tokenizer_answers.changed("        return ids\n", "        return tuple(ids)\n").code
HALF = tokenizer_answers.changed(tokenizer_answers.DECODE, "").code.replace(
    tokenizer_answers.WORD, "    def encode_word(self, word):\n        raise NotImplementedError\n\n"
)
BROKEN = {"my_minclip/__init__.py": "", "my_minclip/loss.py": "raise RuntimeError('broken')\n"}

CLASS = [
    Student("perfect", FULL),
    Student("empty", (0, 0, 0), stubs(LOSS)),
    Student("wrong_logits", (0, 4, 2), {"similarity_logits": wrong("dot products, not cosines")}),
    Student("wrong_logits_transposed", (0, 4, 2), {"similarity_logits": wrong("yours is transposed")}),
    Student("wrong_loss", (3, 0, 2), {"clip_loss": wrong("picture-to-text half alone")}),
    Student("wrong_loss_sum", (3, 0, 2), {"clip_loss": wrong("their mean is asked")}),
    Student("wrong_clamp", (3, 4, 0), {"clamp_logit_scale": wrong("nothing brings it up")}),
    Student("all_wrong", (0, 0, 0), ALL_WRONG),
    Student("right_for_small", (3, 3, 2), {"clip_loss": SMALL}),  # a quarter of 4 is for the hidden tests
    Student("no_python", (0, 4, 2), {"similarity_logits": "def similarity_logits(:\n    pass"}),
    Student("first_answer_missing", (0, 4, 2), change=without("similarity_logits")),
    Student("style_0", FULL, styles(0)),
    Student("style_3", FULL, styles(3)),
    Student("style_6", FULL, styles(6)),
    Student("style_8", FULL, styles(8)),
    Student("tampered_checks", (3, 0, 2), loss("    return 0\n"), in_the_check),
    Student("own_check", (3, 0, 2), loss("    return 0\n\n\ndef check(answer):\n    return answer\n")),
    Student("own_points_of", (3, 0, 0), {"clip_loss": POINTS_OF}),
    Student("answer_missing", (3, 0, 2), change=without("clip_loss")),
    Student("check_missing", FULL, change=without("check-clip_loss")),
    Student("answer_twice", FULL, change=twice("clip_loss", f"{SIGNATURE}    return 1")),
    Student("check_twice", FULL, change=twice("check-clip_loss")),
    Student("no_metadata", FULL, change=without_metadata),
    Student("timed", FULL, {"clip_loss": f"%%time\n{RIGHT_LOSS}"}),
    Student("noisy", FULL, {"clip_loss": NOISY}),
    Student("loops", (3, 0, 2), loss("    while True:\n        pass\n")),
    Student("loops_outside", FULL, {"clip_loss": f"{RIGHT_LOSS}\nwhile True:\n    pass\n"}),
    Student("ignores_interrupts", (3, 0, 2), loss(
        "    while True:\n        try:\n            while True:\n                pass\n"
        "        except BaseException:\n            pass\n")),
    Student("memory", (3, 0, 2), loss("    kept = []\n    while True:\n        kept.append(bytes(2**24))\n")),
    Student("memory_outside", FULL, {
        "clip_loss": f"{RIGHT_LOSS}\nkept = []\nwhile True:\n    kept.append('x' * 2**24)\n"}),
    Student("prints_all_day", (3, 0, 2), loss("    while True:\n        print('x' * 1000)\n")),
    Student("sys_exit", (3, 0, 2), loss("    raise SystemExit(0)\n")),
    Student("sys_exit_outside", FULL, {"clip_loss": f"{RIGHT_LOSS}\nimport sys\n\nsys.exit()\n"}),
    Student("os_exit", (3, 0, 2), loss("    __import__('os')._exit(0)\n")),
    Student("wrong_file_name", FULL, file="Lesson 5 (final).ipynb"),
    Student("old_version", FULL, change=of_an_old_version),
    Student("helpers_right", FULL, {"clip_loss": HELPERS.format(ONE_WAY)}),
    Student("helpers_wrong", (3, 0, 2), {"clip_loss": HELPERS.format("logits.mean()")}),
    Student("broken_library", FULL, beside=BROKEN | {"torch.py": "raise RuntimeError('broken')\n"}),
    Student("writes_outside", FULL, {"clip_loss": WRITES}),
    Student("reads_others", (3, 0, 2), {"clip_loss": READS}),
    Student("reads_gradebook", (3, 0, 2), {"clip_loss": READS_GRADEBOOK}),
    Student("spies", FULL, {"clip_loss": SPIES}, with_cell_at_the_end("In")),
    Student("perfect_tokenizer", (1, 1, 2, 3, 2, 5), lesson=TOKENIZER),
    Student("one_method_wrong", (1, 1, 2, 3, 2, 3.75), {"BPETokenizer": FORGETS}, lesson=TOKENIZER),
    Student("two_methods_missing", (1, 1, 2, 3, 2, 2.5), {"BPETokenizer": HALF}, lesson=TOKENIZER),
]  # fmt: skip
BY_NAME = {student.name: student for student in CLASS}
QUICK = [BY_NAME[name] for name in ("right_for_small", "own_check", "os_exit")]
