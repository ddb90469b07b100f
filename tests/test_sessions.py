"""A learner in a notebook: what is ticked is what is kept, in any order of work, and every word is true."""

import subprocess
import sys

import pytest
from notebook_session import BOTH, CHECK_LOGITS, CHECK_LOSS, LOGITS, LOGITS_STUB, LOSS, later, session

WRONG_LOGITS = LOGITS.replace(
    "a, b = F.normalize(image_features.float(), dim=-1), F.normalize(text_features.float(), dim=-1)",
    "a, b = image_features, text_features",
)


ONE_WAY = "F.cross_entropy(logits, labels)"


@pytest.fixture(autouse=True)
def mine(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setattr("minclip.course.workbook.said", {tmp_path / "my_minclip"})  # where answers go is said once
    return tmp_path / "my_minclip"


@pytest.fixture
def notebook(capsys):
    with session(capsys) as kernel:
        yield kernel


@pytest.fixture
def solved(notebook):
    """A notebook in which 5.1 is solved."""
    notebook.run(LOGITS, CHECK_LOGITS)
    return notebook


def loss_with(old, new):
    assert old in LOSS
    return LOSS.replace(old, new, 1)


def test_a_solved_lesson_says_this(notebook):
    assert notebook.run(LOGITS, CHECK_LOGITS, LOSS, CHECK_LOSS).replace("8 checks", "N checks").count("\n") == 2
    assert later("from minclip.course import built; built('similarity_logits', 'clip_loss')") == (
        "similarity_logits: yours · clip_loss: yours\n"
    )


def test_another_python_finds_what_is_kept(notebook):
    notebook.run(LOGITS, CHECK_LOGITS)
    code = "from minclip.course import built; print(built('similarity_logits').__module__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert run.stdout.endswith("my_minclip.\nsimilarity_logits: yours\nmy_minclip.loss\n") and run.stderr == ""


def test_skipped_and_solved_later_is_yours(notebook):
    notebook.run(LOGITS_STUB, CHECK_LOGITS, LOSS, CHECK_LOSS, LOGITS, CHECK_LOGITS)
    code = "from minclip.course import built; a, b = built('similarity_logits', 'clip_loss')\n"
    code += "print(a.__module__, b.__globals__['similarity_logits'] is a)"
    assert later(code).endswith("\nmy_minclip.loss True\n")


def test_an_unchecked_dependency_does_not_break_later(notebook):
    said = notebook.run(LOGITS, LOSS, CHECK_LOSS)
    assert said.startswith("✓ clip_loss")
    assert "similarity_logits is not checked yet. Until then minclip's is used." in said
    assert later("from minclip.course import built; built('clip_loss')") == "clip_loss: yours\n"


@pytest.mark.parametrize("before", [LOGITS_STUB, WRONG_LOGITS], ids=["unwritten", "wrong"])
def test_the_exercise_at_fault_is_named(notebook, before):
    said = notebook.run(before, LOSS, CHECK_LOSS)
    assert said.startswith("✓ clip_loss: right with minclip's similarity_logits.")
    assert "The similarity_logits of this notebook is not right yet" in said


def test_a_wrong_answer_above_a_wrong_one_is_wrong(notebook):
    said = notebook.run(WRONG_LOGITS, loss_with(" / 2", ""), CHECK_LOSS)
    assert said.startswith("✗ clip_loss")


def test_an_earlier_answer_broken_by_hand_is_named(solved, mine):
    path = mine / "loss.py"
    path.write_text(path.read_text(encoding="utf-8").replace("scale * a", "2 * scale * a"), encoding="utf-8")
    said = solved.run("similarity_logits = built('similarity_logits')", LOSS, CHECK_LOSS)
    assert "your similarity_logits, which does not pass its check any more (my_minclip/loss.py)" in said


@pytest.mark.parametrize(
    "cell",
    [
        "NEG = float('-inf')",
        "from math import inf\nNEG = -inf",
        "import math\nNEG = -math.inf",
        "NEG = [float('-inf')][0]",
    ],
)
def test_infinities_are_kept_as_they_are(notebook, cell):
    mask = "def causal_mask(length, device=None):\n    return torch.full((length, length), NEG, device=device).triu(1)"
    assert "✓" in notebook.run(cell, mask, "causal_mask = check(causal_mask)")
    assert later("from minclip.course import built; print(float(built('causal_mask')(2)[0, 1]))").endswith("-inf\n")


@pytest.mark.parametrize(
    ("before", "old", "new"),
    [
        ("Num = Tensor | float", "scale)", "scale: Num)"),
        ("Pair = tuple[Tensor, Tensor]", "scale)", "scale) -> 'Pair'"),
        ("loss_fn = nn.CrossEntropyLoss()", "F.cross_entropy(logits, labels)", "loss_fn(logits, labels)"),
        ("import functools\nce = functools.partial(F.cross_entropy, reduction='mean')", ONE_WAY, "ce(logits, labels)"),
        ("half = lambda x: x / 2", BOTH, f"half({BOTH.removesuffix(' / 2')})"),
        ("HALVES = [0.5, 0.5]", BOTH, f"HALVES[0] * ({BOTH.removesuffix(' / 2')})"),
        ("SETTINGS = {'reduction': 'mean'}", ONE_WAY, "F.cross_entropy(logits, labels, **SETTINGS)"),
        ("HALF = 0.25\nHALF += 0.25", "/ 2", "* HALF"),
        ("HALF = 1 / 2", "/ 2", "* HALF"),
        ("def one(x):\n    return x / 2 if x.ndim else other(x)\ndef other(x):\n    return one(x[None])[0]", BOTH,
         f"one({BOTH.removesuffix(' / 2')})"),
        ("class Base:\n    def half(self, x):\n        return x / 2\nclass Half(Base):\n    pass", BOTH,
         f"Half().half({BOTH.removesuffix(' / 2')})"),
        ("import functools\ndef twice(f):\n    @functools.wraps(f)\n    def g(x):\n        return f(x)\n    return g\n"
         "@twice\ndef half(x):\n    return x / 2", BOTH, f"half({BOTH.removesuffix(' / 2')})"),
        ("device = torch.device('cpu')", "device=logits.device", "device=device"),
        ("device = 'cpu'", "device=logits.device", "device=device"),
        ("INT = torch.int64", "device=logits.device", "device=logits.device, dtype=INT"),
        ("def sum(a, b):\n    return a + b", BOTH, f"sum({BOTH[1:-5].replace(' + ', ', ')}) / 2"),
        ("class Half:\n    value = 0.5", BOTH, f"Half.value * ({BOTH.removesuffix(' / 2')})"),
        ("from functools import cache\n@cache\ndef half():\n    return 0.5", "/ 2", "* half()"),
    ],
)  # fmt: skip
def test_small_things_of_the_notebook_come_along(solved, before, old, new):
    assert "✓ clip_loss" in solved.run(before, loss_with(old, new), CHECK_LOSS)
    code = "import torch; from minclip.course import built; from minclip.loss import clip_loss as theirs\n"
    code += "x, y = torch.randn(3, 4), torch.randn(3, 4); mine = built('clip_loss')\n"
    code += "print(torch.allclose(mine(x, y, 2.0), theirs(x, y, 2.0)))"
    assert later(code) == "clip_loss: yours\nTrue\n"


def test_types_that_are_only_written_down_may_be_missing(solved):
    cell = "from __future__ import annotations\n" + loss_with("scale)", "scale: Number)")
    assert "✓ clip_loss" in solved.run(cell, CHECK_LOSS)
    assert later("from minclip.course import built; built('clip_loss')") == "clip_loss: yours\n"


def test_a_helper_from_a_file_comes_along(solved, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    text = "from torch.nn import functional as F\n\n\ndef ce(x, y):\n    return F.cross_entropy(x, y)\n"
    (tmp_path / "own_helpers.py").write_text(text, encoding="utf-8")
    cells = ("from own_helpers import ce", LOSS.replace("F.cross_entropy", "ce"), CHECK_LOSS)
    assert "✓ clip_loss" in solved.run(*cells)
    assert later("from minclip.course import built; built('clip_loss')") == "clip_loss: yours\n"
    said = solved.run("import own_helpers", LOSS.replace("F.cross_entropy", "own_helpers.ce"), CHECK_LOSS)
    assert "own_helpers, a file beside the notebook" in said


def test_data_of_the_notebook_is_named(solved):
    said = solved.run(
        "labels6 = torch.arange(99)",
        loss_with("torch.arange(len(logits), device=logits.device)", "labels6[: len(logits)].to(logits.device)"),
        CHECK_LOSS,
    )
    assert "✗" in said and "labels6, a tensor of this notebook: pass it in as an argument" in said


@pytest.mark.parametrize(
    "cell",
    [
        "%%time\n" + LOSS,
        "%%capture\n" + LOSS,
        "# a comment first\n%timeit -n 1 -r 1 1 + 1\n" + LOSS,
        "if True:\n    " + LOSS.replace("\n", "\n    "),
        "class Box:\n    @staticmethod\n    " + LOSS.replace("\n", "\n    ") + "\nclip_loss = Box.clip_loss",
        "def my_loss" + LOSS.removeprefix("def clip_loss") + "\nclip_loss = my_loss",
        "@torch.enable_grad()\n" + LOSS,
    ],
    ids=["time", "capture", "line magic", "if", "staticmethod", "another name", "decorator"],
)
def test_wherever_it_is_written_it_is_found(solved, cell):
    assert "✓ clip_loss" in solved.run(cell, CHECK_LOSS)
    assert later("from minclip.course import built; built('clip_loss')") == "clip_loss: yours\n"


def test_a_lambda_is_an_answer(notebook):
    unit = "F.normalize({}.float(), dim=-1)"
    cell = f"similarity_logits = lambda a, b, scale: scale * {unit.format('a')} @ {unit.format('b')}.T"
    assert "✓ similarity_logits" in notebook.run(cell, CHECK_LOGITS)
    assert later("from minclip.course import built; built('similarity_logits')") == "similarity_logits: yours\n"


def test_a_function_made_in_a_function_is_explained(solved):
    cell = (
        "def make(half):\n    "
        + loss_with("/ 2", "* half").replace("\n", "\n    ")
        + "\n    return clip_loss\nclip_loss = make(0.5)"
    )
    assert "uses its half: write it at the left margin of a cell" in solved.run(cell, CHECK_LOSS)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (loss_with("text_features,", "text_features: Optonal[Tensor],"), "NameError: name 'Optonal' is not defined"),
        (LOSS.replace("    return (", "return (").replace(" / 2", ""), "'return' outside function"),
        (loss_with("raise ValueError(", "raise ValueError("[:-1] + "(("), "never closed"),
        ("1 / 0\n" + loss_with(" / 2", ""), "ZeroDivisionError"),
    ],
)
def test_the_version_that_was_run_last_is_judged(solved, cell, words):
    solved.run(LOSS, CHECK_LOSS)
    said = solved.run(cell, CHECK_LOSS)
    assert "your last version does not run" in said and words in said
    assert "✓ clip_loss" in solved.run(LOSS, CHECK_LOSS)


def test_a_failed_first_version_is_no_stub(solved):
    said = solved.run(
        LOSS.partition("    if")[0] + "    raise NotImplementedError",
        loss_with("scale)", "scale: Optonal)"),
        CHECK_LOSS,
    )
    assert "your last version does not run (NameError" in said


def test_methods_may_be_added_later(notebook):
    cell = (
        "class MultiHeadAttention(nn.Module):\n"
        "    def __init__(self, width: int, heads: int):\n"
        "        super().__init__()\n"
        "        self.heads = heads\n"
        "        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))\n"
        "        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))\n"
        "        self.out_proj = nn.Linear(width, width)\n"
        "        nn.init.xavier_uniform_(self.in_proj_weight)\n"
        "        nn.init.zeros_(self.out_proj.bias)\n\n"
        "    def split(self, x):\n        raise NotImplementedError('exercise 3.2')\n\n"
        "    def merge(self, x):\n        raise NotImplementedError('exercise 3.2')\n"
    )
    later_cell = (
        "def split(self, x):\n"
        "    batch, tokens, width = x.shape\n"
        "    qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)\n"
        "    return tuple(qkv.view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4))\n"
        "def put_together(self, x):\n    return self.out_proj(x.transpose(1, 2).flatten(2))\n"
        "MultiHeadAttention.split, MultiHeadAttention.merge = split, put_together\n"
        "def forward(self, x, mask=None):\n"
        "    return self.merge(attention(*self.split(x), mask))\n"
        "MultiHeadAttention.forward = forward\n"
    )
    said = notebook.run(
        "attention = built('attention')", cell, later_cell, "MultiHeadAttention = check(MultiHeadAttention)"
    )
    assert "✓ MultiHeadAttention" in said
    assert later("from minclip.course import built; built('MultiHeadAttention')") == "MultiHeadAttention: yours\n"


def test_a_class_without_its_methods_is_told(notebook):
    cell = "class PatchEmbedding(nn.Module):\n    def __init__(self, *a, **b):\n        super().__init__()\n"
    assert "PatchEmbedding: it has no forward any more" in notebook.run(cell, "PatchEmbedding = check(PatchEmbedding)")


@pytest.mark.parametrize(
    "cell",
    [
        "import minclip.loss\ndef clip_loss(a, b, scale):\n    return minclip.loss.clip_loss(a, b, scale)",
        "from minclip.loss import clip_loss as theirs\ndef clip_loss(a, b, scale):\n    return theirs(a, b, scale)",
        "def clip_loss(a, b, scale):\n    from minclip.loss import clip_loss\n    return clip_loss(a, b, scale)",
        "def clip_loss(a, b, scale):\n    import minclip\n    return minclip.loss.clip_loss(a, b, scale)",
        "from minclip import loss\ndef f(*x):\n    return loss.clip_loss(*x)\ndef clip_loss(*x):\n    return f(*x)",
    ],
)
def test_minclips_own_inside_is_not_counted(solved, cell):
    said = solved.run(cell, CHECK_LOSS)
    assert (
        said
        == "○ clip_loss: it works, with minclip's own clip_loss inside. Write it yourself, and it counts as yours.\n"
    )


def test_a_subclass_of_minclips_is_not_counted(notebook):
    cell = "import minclip.vision\nclass PatchEmbedding(minclip.vision.PatchEmbedding):\n"
    cell += "    def forward(self, x):\n        return super().forward(x)"
    assert "minclip's own PatchEmbedding inside" in notebook.run(cell, "PatchEmbedding = check(PatchEmbedding)")


def test_after_a_wrong_version_the_right_one_goes_on(solved):
    solved.run(LOSS, CHECK_LOSS)
    said = solved.run(loss_with(" / 2", ""), CHECK_LOSS)
    assert "The lesson goes on with your earlier version, which passed." in said
    assert solved["clip_loss"].__module__ == "my_minclip.loss"


def test_what_a_wrong_answer_prints_is_shown(solved):
    cell = loss_with("    logits =", "    print('I am here', image_features.shape)\n    logits =").replace(" / 2", "")
    assert "it printed  I am here torch.Size([6, 16])" in solved.run(cell, CHECK_LOSS)


@pytest.mark.parametrize(
    "switch",
    ["torch.set_grad_enabled(False)", "torch.set_default_dtype(torch.float64)", "torch.set_default_device('meta')"],
)
def test_switches_of_the_notebook_do_not_matter(solved, switch):
    try:
        assert "✓ clip_loss" in solved.run(switch, LOSS, CHECK_LOSS)
    finally:
        solved.run(
            "torch.set_grad_enabled(True); torch.set_default_dtype(torch.float32); torch.set_default_device(None)"
        )


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (LOSS.replace(" / 2", " / 2)"), "your version does not run (unmatched ')', line 6 of the cell)"),
        (loss_with("scale)", "scale: Optonal)"), "your version does not run (NameError: name 'Optonal' is not defined"),
        ("", "its cell was not run yet. Write it, run its cell, then this one."),
    ],
)
def test_a_first_version_that_fails_is_explained(solved, cell, words):
    said = solved.run(cell, CHECK_LOSS)
    assert said.splitlines()[-1].startswith("✗ clip_loss: ") and words in said and "check(clip_loss)" not in said


def test_other_missing_names_keep_their_traceback(solved):
    assert "NameError" in solved.run("no_such_name")


def test_an_answer_from_a_file_is_kept(notebook, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    text = f"import torch\nfrom torch.nn import functional as F\n\n\n{LOGITS}\n\n{LOSS}"
    (tmp_path / "own_answers.py").write_text(text, encoding="utf-8")
    said = notebook.run("from own_answers import clip_loss, similarity_logits", CHECK_LOSS, CHECK_LOGITS)
    assert said.count("✓") == 2
    assert later("from minclip.course import built; built('clip_loss', 'similarity_logits')").count("yours") == 2


def test_two_versions_in_one_cell_are_one_answer(solved):
    assert "✓ clip_loss" in solved.run(loss_with(" / 2", "") + "\n\n" + LOSS, CHECK_LOSS)


def test_a_mistake_made_again_shows_its_way(solved, monkeypatch):
    from minclip.course import assertions, judging
    from minclip.course.lesson_05_symmetric_infonce import checks

    def check_it(t):
        t.holds(
            t(torch.zeros(2, 3), torch.zeros(2, 3), 1.0) is None, "wrong", assertions.Mistake("in words", "by code")
        )

    import torch

    monkeypatch.setattr(checks, "clip_loss", check_it)
    first, second = solved.run(LOSS, CHECK_LOSS), solved.run(LOSS, CHECK_LOSS)
    assert "→ in words" in first and "→ by code" in second
    judging.forget("clip_loss")
    assert "→ in words" in solved.run(LOSS, CHECK_LOSS)
