"""Right answers as people write them in notebooks: they are found, kept, and run on another day."""

import pytest
from notebook_session import BOTH, CHECK_LOGITS, CHECK_LOSS, LOGITS, LOSS, later, session

SUM = BOTH.removesuffix(" / 2")
ANOTHER_DAY = (
    "import torch; from minclip.course import built; from minclip.loss import clip_loss as theirs\n"
    "x, y = torch.randn(3, 4), torch.randn(3, 4); mine = built('clip_loss')\n"
    "print(mine.__module__, torch.allclose(mine(x, y, 2.0), theirs(x, y, 2.0)))"
)


@pytest.fixture
def solved(capsys, monkeypatch, tmp_path):
    """A notebook in which 5.1 is solved."""
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setattr("minclip.course.workbook.said", {tmp_path / "my_minclip"})
    with session(capsys, LOGITS, CHECK_LOGITS) as kernel:
        yield kernel


def accepted(kernel, *cells):
    said = kernel.run(*cells, CHECK_LOSS)
    assert "✓ clip_loss" in said, said
    assert later(ANOTHER_DAY) == "clip_loss: yours\nmy_minclip.loss True\n"


DECORATOR = "def shown(f):\n    def g(*a):\n        return f(*a)\n    return g\n@shown\n"


@pytest.mark.parametrize(
    "cell",
    [
        "%%time\n\n\n" + LOSS,
        "%%capture\n%%time\n" + LOSS,
        "took = %time 1 + 1\n" + LOSS,
        "files = !echo clip_loss\n" + LOSS,
        "%who_ls\n" + LOSS,
        DECORATOR + LOSS,
        "@torch.compile(backend='eager')\n" + LOSS,
        LOSS + "clip_loss = torch.compile(clip_loss, backend='eager')",
        LOSS.replace("\n", "\r\n"),
        LOSS.replace("no pairs", "no\x0c pairs \u2028 \x85 here"),
        LOSS + 'notes = """\ndef clip_loss(a, b, scale)\n    return 0\n"""',
    ],
    ids=["blank lines", "two magics", "assigned magic", "shell", "listed", "no wraps", "compiled", "compiled later",
         "CRLF", "separators", "in a string"],
)  # fmt: skip
def test_wherever_it_is_written_it_is_kept(solved, cell):
    accepted(solved, cell)


@pytest.mark.parametrize(
    ("before", "new"),
    [
        ("half_of = min", f"half_of(0.5, 1) * ({SUM})"),
        ("from collections import namedtuple\nPair = namedtuple('Pair', 'a b')",
         f"sum(Pair{SUM.replace(' +', ',')}) / 2"),
        ("def attention(a, b):\n    return F.cross_entropy(a, b)", BOTH.replace("F.cross_entropy", "attention")),
        ("from typing import NamedTuple\nclass Half(NamedTuple):\n    value: float = 0.5", f"Half().value * {SUM}"),
        ("from dataclasses import dataclass\n@dataclass\nclass Half:\n    value: float = 0.5\n"
         "    def of(self, x):\n        return self.value * x\nhalf = Half()", f"half.of{SUM}"),
        ("class Half:\n    pass\ndef of(self, x):\n    return x / 2\nHalf.of = of", f"Half().of{SUM}"),
        ("from fractions import Fraction\nHALF = Fraction(1, 2)", f"float(HALF) * {SUM}"),
        ("import numpy as np\nHALF = np.float32(0.5)", f"float(HALF) * {SUM}"),
        ("from enum import Enum\nclass How(Enum):\n    HALF = 0.5\nhow = How.HALF", f"how.value * {SUM}"),
        ("from types import SimpleNamespace\nsettings = SimpleNamespace(half=0.5)", f"settings.half * {SUM}"),
        ("ce = nn.CrossEntropyLoss().forward", SUM.replace("F.cross_entropy", "ce") + " / 2"),
        ("import logging\nlog = logging.getLogger('mine')", f"(log.debug('x') or 0.5) * {SUM}"),
        ("from collections import defaultdict\nD = defaultdict(lambda: 2)", f"{SUM} / 2"),
    ],
)  # fmt: skip
def test_small_things_come_along(solved, before, new):
    accepted(solved, before, LOSS.replace(BOTH, new))


def test_a_type_of_its_own_comes_along(solved):
    accepted(
        solved,
        "from typing import NewType\nScale = NewType('Scale', float)",
        LOSS.replace("scale):", "scale: Scale):", 1),
    )


def test_a_counter_is_kept_as_it_was_before(solved, tmp_path):
    cell = "calls = 0\n" + LOSS.replace("    logits =", "    global calls\n    calls += 1\n    logits =")
    accepted(solved, cell)
    assert "\ncalls = 0\n" in (tmp_path / "my_minclip/loss.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "use", "words"),
    [
        ("loop = [2]\nloop.append(loop)", "/ loop[0]", "it uses loop, a list of this notebook"),
        ("from collections import defaultdict\nD = {0: defaultdict(lambda: 2)}", "/ D[0]['x']",
         "it uses D, a dict of this notebook"),
        ("kept = clip_loss", "/ (2 if kept else 1)", "it calls an earlier clip_loss, here called kept"),
    ],
)  # fmt: skip
def test_what_cannot_come_along_is_named(solved, before, use, words):
    said = solved.run(LOSS, CHECK_LOSS, before, LOSS.replace("/ 2", use), CHECK_LOSS)
    assert words in said and "Traceback" not in said


def test_a_command_of_the_notebook_inside_is_named(solved):
    said = solved.run(LOSS.replace("    logits =", "    %who_ls\n    logits =", 1), CHECK_LOSS)
    assert "it uses a command of the notebook" in said


@pytest.mark.parametrize("command", ["writefile {}/clip.py", "bash", "html"])
def test_a_text_that_is_no_python_is_no_version(solved, tmp_path, command):
    text = f"%%{command.format(tmp_path)}\ntrue '\ndef clip_loss(a, b, scale)\n'\n"
    assert "✓ clip_loss" in solved.run(LOSS, text, CHECK_LOSS)


@pytest.mark.parametrize(
    "cell",
    [
        "import minclip.loss as m\ndef clip_loss(*a):\n    return getattr(m, 'clip_loss')(*a)",
        "import minclip.loss as m\ndef clip_loss(*a):\n    return vars(m)['clip_loss'](*a)",
        "import importlib\ndef clip_loss(*a):\n    return importlib.import_module('minclip.loss').clip_loss(*a)",
        "import sys\ndef clip_loss(*a):\n    return sys.modules['minclip.loss'].clip_loss(*a)",
        "import minclip.loss\ndef clip_loss(*a):\n    return eval('minclip.loss.clip_loss')(*a)",
        "from minclip.loss import clip_loss as t\nclip_loss = torch.compile(t, backend='eager')",
        "from functools import wraps\nfrom minclip.loss import clip_loss as t\n@wraps(t)\ndef f(*a):\n"
        "    return t(*a)\nclip_loss = f",
        "import types\nfrom minclip.loss import clip_loss as t\nclip_loss = types.FunctionType(t.__code__, globals())",
    ],
)  # fmt: skip
def test_minclips_own_in_disguise_is_not_counted(solved, cell):
    assert "minclip's own clip_loss inside" in solved.run(cell, CHECK_LOSS)
