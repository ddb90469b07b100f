"""What the learner wrote, on disk: answers one by one, and the readable package that is made from them."""

import subprocess
import sys

import pytest

from minclip.course import kept_answers
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_library import load

LOGITS = """\
import torch
from torch.nn import functional as F


def unit(x):
    return F.normalize(x, dim=-1)


def similarity_logits(a, b, scale):
    return scale * unit(a) @ unit(b).T
"""
LOSS = """\
from torch.nn import functional as F

from minclip.loss import similarity_logits

HALF = 0.5


def clip_loss(a, b, scale):
    logits = similarity_logits(a, b, scale)
    return HALF * F.cross_entropy(logits, logits)
"""


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "Ünterricht mit Leerzeichen" / "my_minclip"


@pytest.fixture
def kept(mine):
    return KeptAnswers(mine)


def package(kept, home="loss"):
    return (kept.folder / f"{home}.py").read_text(encoding="utf-8")


def edit(kept, old, new, home="loss"):
    text = package(kept, home)
    assert old in text
    (kept.folder / f"{home}.py").write_text(text.replace(old, new, 1), encoding="utf-8")


def test_two_answers_make_this_file(kept):
    kept.adopt("clip_loss", LOSS)
    kept.adopt("similarity_logits", LOGITS)
    assert (
        package(kept)
        == '''\
"""Written by you: the answers that passed their checks. minclip's own stand in minclip/loss.py.

What you change or add here stays.
"""

from torch.nn import functional as F


def unit(x):
    return F.normalize(x, dim=-1)


def similarity_logits(a, b, scale):
    return scale * unit(a) @ unit(b).T


HALF = 0.5


def clip_loss(a, b, scale):
    logits = similarity_logits(a, b, scale)
    return HALF * F.cross_entropy(logits, logits)
'''
    )


def test_the_order_of_solving_does_not_matter(kept, tmp_path):
    other = KeptAnswers(tmp_path / "other")
    for store, order in ((kept, (LOGITS, LOSS)), (other, (LOSS, LOGITS))):
        for text in order:
            store.adopt("clip_loss" if text is LOSS else "similarity_logits", text)
    assert package(kept) == package(other)


def test_until_a_part_is_written_minclips_is_imported(kept):
    kept.adopt("clip_loss", LOSS)
    assert "from minclip.loss import similarity_logits" in package(kept)


def test_helpers_of_one_name_do_not_clash(kept):
    kept.adopt("similarity_logits", LOGITS)
    other = LOSS.replace("HALF = 0.5", "def unit(x):\n    return 0.5 * x").replace("HALF *", "unit")
    kept.adopt(
        "clip_loss", other.replace("unit F.cross_entropy(logits, logits)", "unit(F.cross_entropy(logits, logits))")
    )
    text = package(kept)
    assert "def unit(x):" in text and "def unit_of_clip_loss(x):" in text
    assert "return unit_of_clip_loss(F." in text and "scale * unit(a)" in text
    load(kept.folder, "clip_loss")


@pytest.mark.parametrize("name", ["sum", "F", "labels"])
def test_a_name_with_two_meanings_gets_two(kept, name):
    kept.adopt("similarity_logits", LOGITS)
    kept.adopt("clip_loss", f"def {name}(x):\n    return x\n\n\ndef clip_loss(a, b, scale):\n    return {name}(a)\n")
    assert load(kept.folder, "clip_loss")(3, 4, 5) == 3
    import torch

    assert load(kept.folder, "similarity_logits")(torch.ones(1, 2), torch.ones(1, 2), 1.0).shape == (1, 1)


def test_two_ways_to_import_are_one_line(kept):
    kept.adopt("similarity_logits", LOGITS)
    kept.adopt("clip_loss", LOSS.replace("from torch.nn import functional as F", "import torch.nn.functional as F"))
    assert package(kept).count("import") == 1 and "F_of" not in package(kept)


def test_what_two_parts_share_stands_once(kept):
    kept.adopt("similarity_logits", LOGITS)
    kept.adopt("clip_loss", LOGITS.replace("def similarity_logits", "def clip_loss"))
    assert package(kept).count("def unit") == 1 and package(kept).count("import") == 1


def test_given_code_stands_once_and_uses_the_learners(kept):
    kept.adopt("TransformerBlock", "class TransformerBlock:\n    pass\n")
    for name in ("TextTransformer", "VisionTransformer"):
        text = f"from minclip.transformer import Transformer\n\n\nclass {name}:\n    block = Transformer\n"
        kept.adopt(name, text)
    assert package(kept, "transformer").count("class Transformer(") == 1
    assert "from my_minclip.transformer import Transformer" in package(kept, "text")
    assert "from my_minclip.transformer import Transformer" in package(kept, "vision")


def test_the_package_is_imported_like_any_other(kept):
    kept.adopt("similarity_logits", LOGITS)
    kept.adopt("clip_loss", LOSS)
    code = "import my_minclip.loss as loss; print(loss.clip_loss.__module__)"
    run = subprocess.run([sys.executable, "-c", code], cwd=kept.folder.parent, capture_output=True, text=True)
    assert run.stdout == "my_minclip.loss\n", run.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""\n\n', '"""\n\nMY_NOTES = "hours of work"\n\n'),  # above the first part
        ("HALF = 0.5", 'MY_NOTES = "hours of work"\nHALF = 0.5'),  # between
        ("logits, logits)\n", 'logits, logits)\n\n\ndef own(a):\n    "hours of work"\n'),  # below the last
        ("logits, logits)\n", "logits, logits)\n\n# hours of work\n"),  # a comment
        ("from torch.nn", "import math  # hours of work\nfrom torch.nn"),
    ],
)
def test_what_is_added_by_hand_stays(kept, old, new):
    kept.adopt("similarity_logits", LOGITS)
    kept.adopt("clip_loss", LOSS)
    edit(kept, old, new)
    word = "import math" if "math" in new else "hours of work"
    for again in (LOSS, LOGITS, LOSS.replace("0.5", "1 / 2")):
        kept.adopt("clip_loss" if "clip_loss" in again else "similarity_logits", again)
        assert package(kept).count(word) == 1
    assert kept.up_to_date() == []


def test_a_part_edited_by_hand_is_the_answer_now(kept):
    kept.adopt("similarity_logits", LOGITS)
    edit(kept, "scale * unit(a)", "unit(scale * a)")
    assert kept.up_to_date() == []
    assert "unit(scale * a)" in kept.text("similarity_logits") and kept.answer("similarity_logits").by_hand
    kept.adopt("clip_loss", LOSS)
    assert "unit(scale * a)" in package(kept)


def test_a_helper_edited_by_hand_changes_its_answer(kept):
    kept.adopt("similarity_logits", LOGITS)
    edit(kept, "dim=-1", "dim=-1, eps=1e-6")
    kept.up_to_date()
    assert "eps=1e-6" in kept.file("similarity_logits").read_text(encoding="utf-8")
    assert kept.answer("similarity_logits").by_hand


def test_a_new_answer_keeps_the_hand_edited_one_aside(kept):
    kept.adopt("clip_loss", LOSS)
    edit(kept, "HALF * F", "2 * HALF * F")
    said = kept.keep(kept.answer("clip_loss"))
    assert "edited by hand" in said[0] and "2 * HALF" in (kept.folder / "aside/clip_loss.py").read_text(
        encoding="utf-8"
    )


def test_a_part_taken_out_by_hand_goes_aside(kept):
    kept.adopt("similarity_logits", LOGITS)
    kept.adopt("clip_loss", LOSS)
    text = package(kept)
    (kept.folder / "loss.py").write_text(text[: text.index("HALF = 0.5")], encoding="utf-8")
    assert "clip_loss was taken out of my_minclip/loss.py" in kept.up_to_date()[0]
    assert kept.names() == ["similarity_logits"] and (kept.folder / "aside/clip_loss.py").is_file()


def test_a_deleted_file_is_made_anew(kept):
    kept.adopt("clip_loss", LOSS)
    before = package(kept)
    (kept.folder / "loss.py").unlink()
    assert kept.up_to_date() == [] and package(kept) == before


def test_a_file_that_cannot_be_read_is_kept_aside(kept):
    kept.adopt("clip_loss", LOSS)
    before = package(kept)
    (kept.folder / "loss.py").write_text(before + "\nif\n", encoding="utf-8")
    said = kept.up_to_date()
    assert "my_minclip/loss.py could not be read (invalid syntax, line" in said[0]
    assert package(kept) == before and (kept.folder / "aside/loss.py").read_text(encoding="utf-8").endswith("if\n")


def test_an_answer_that_cannot_be_read_is_kept_aside(kept):
    kept.adopt("clip_loss", LOSS)
    kept.adopt("similarity_logits", LOGITS)
    kept.file("clip_loss").write_text("def (", encoding="utf-8")
    assert "It is in my_minclip/aside/clip_loss.py now" in kept.up_to_date()[0]
    assert kept.names() == ["similarity_logits"]


def test_a_renamed_exercise_takes_its_answer_along(kept, monkeypatch):
    monkeypatch.setitem(kept_answers.FORMER, "contrastive_loss", "clip_loss")
    kept.folder.joinpath("answers").mkdir(parents=True)
    kept.file("contrastive_loss").write_text(LOSS.replace("clip_loss", "contrastive_loss"), encoding="utf-8")
    assert kept.up_to_date() == ["The exercise contrastive_loss is called clip_loss now, and so is your answer."]
    assert kept.names() == ["clip_loss"] and "def clip_loss(a, b, scale)" in package(kept)


def test_an_exercise_that_is_gone_leaves_its_answer_aside(kept):
    kept.adopt("clip_loss", LOSS)
    kept.file("hinge_loss").write_text("def hinge_loss(): pass\n", encoding="utf-8")
    assert "hinge_loss is no exercise any more" in kept.up_to_date()[0]
    assert (kept.folder / "aside/hinge_loss.py").is_file() and kept.names() == ["clip_loss"]


def test_what_is_set_aside_twice_is_kept_twice(kept):
    for _ in range(2):
        kept.adopt("clip_loss", LOSS)
        kept.set_aside("clip_loss")
    assert sorted(path.name for path in (kept.folder / "aside").iterdir()) == ["clip_loss-2.py", "clip_loss.py"]
    assert kept.names() == [] and not (kept.folder / "loss.py").exists()


def test_two_kernels_lose_nothing(kept):
    code = (
        "import sys; from pathlib import Path; from minclip.course.kept_answers import KeptAnswers\n"
        "for _ in range(10): KeptAnswers(Path(sys.argv[1])).adopt(sys.argv[2], sys.argv[3])"
    )
    texts = {"clip_loss": LOSS, "similarity_logits": LOGITS}
    runs = [subprocess.Popen([sys.executable, "-c", code, str(kept.folder), *item]) for item in texts.items()]
    assert [run.wait() for run in runs] == [0, 0]
    assert (
        set(kept.names()) == set(texts)
        and "def clip_loss" in package(kept)
        and "def similarity_logits" in package(kept)
    )


def test_reading_makes_no_folder(kept):
    assert kept.names() == [] and kept.up_to_date() == [] and not kept.folder.exists()
