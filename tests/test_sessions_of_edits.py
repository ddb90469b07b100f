"""A learner edits the files of my_minclip by hand: what they wrote stays, and what it is called is true."""

import shutil

import pytest
from test_kept_answers import LOGITS, LOSS

from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_library import load


@pytest.fixture
def kept(tmp_path):
    answers = KeptAnswers(tmp_path / "my_minclip")
    answers.adopt("similarity_logits", LOGITS)
    answers.adopt("clip_loss", LOSS)
    return answers


def file(kept):
    return kept.folder / "loss.py"


def edited(kept, old, new):
    """The file after an edit, brought up to date and made again."""
    text = file(kept).read_text(encoding="utf-8")
    assert old in text
    file(kept).write_text(text.replace(old, new, 1), encoding="utf-8")
    return made_again(kept)


def made_again(kept):
    assert kept.up_to_date() == []
    text = file(kept).read_text(encoding="utf-8")
    kept.keep(kept.answer("similarity_logits"))
    assert kept.up_to_date() == [] and file(kept).read_text(encoding="utf-8") == text
    return text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Written', '# hours of work\n"""Written'),
        ('"""Written', '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n"""hours of work. Written'),
        ("here stays.", "here stays.\n\nhours of work"),
        ("from torch.nn", "# hours of work\nfrom torch.nn"),
        ("functional as F", "functional as F  # hours of work"),
        ("from torch.nn", "from math import *\nfrom torch.nn"),
        ("from torch.nn", "from os.path import *\nfrom math import *\nfrom torch.nn"),
        ("from torch.nn", "from __future__ import annotations\nfrom torch.nn"),
    ],
)
def test_edits_of_the_first_lines_stay(kept, old, new):
    word = next(word for word in ("hours of work", "from math import *", "__future__") if word in new)
    assert edited(kept, old, new).count(word) == 1
    load(kept.folder, "clip_loss")


def test_a_file_of_ones_own_is_imported_as_written(kept):
    (kept.folder / "notes.py").write_text("half = 0.5\n", encoding="utf-8")
    assert "from .notes import half\n" in edited(kept, "from torch.nn", "from .notes import half\nfrom torch.nn")
    load(kept.folder, "clip_loss")


@pytest.mark.parametrize("line", ["clip_loss = cache(clip_loss)", "cached = clip_loss = cache(clip_loss)"])
def test_a_part_that_is_wrapped_below_keeps_its_text(kept, line):
    edited(kept, "from torch.nn", "from functools import cache\nfrom torch.nn")
    text = edited(kept, "logits, logits)", f"logits, logits)\n\n\n{line}")
    assert "def clip_loss(" in text and line in text and "def clip_loss(" in kept.text("clip_loss")
    load(kept.folder, "clip_loss").cache_info()


def test_a_constant_built_in_steps_stays_whole(kept):
    text = edited(kept, "HALF = 0.5", "HALF = 0.25\nHALF += 0.25")
    assert "HALF = 0.25\n" in text and text.count("HALF += 0.25") == 1
    assert load(kept.folder, "clip_loss").__globals__["HALF"] == 0.5


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""], ids=["byte order mark", "none"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_other_editors_lose_nothing(kept, mark, end):
    for path in (file(kept), kept.file("clip_loss")):
        text = path.read_bytes().replace(b"logits, logits)", b"logits, logits)  # \xc3\xa9")
        path.write_bytes(mark + text.replace(b"\n", end))
    assert "logits, logits)  # é" in made_again(kept)


def test_separators_inside_of_a_text_stay(kept):
    assert "'a\x0cb\u2028c'" in edited(kept, "    logits =", "    'a\x0cb\u2028c'\n    logits =")
    load(kept.folder, "clip_loss")


@pytest.mark.parametrize("damage", [shutil.rmtree, lambda folder: (folder / "loss.py").write_text("def (")])
def test_without_its_memory_nothing_counts_as_edited(kept, damage):
    before = file(kept).read_text(encoding="utf-8")
    damage(kept.folder / ".written")
    assert made_again(kept) == before and not kept.answer("clip_loss").by_hand


def test_without_its_memory_an_edit_is_found(kept):
    shutil.rmtree(kept.folder / ".written")
    assert "# hours of work" in edited(kept, "    logits =", "    # hours of work\n    logits =")
    assert kept.answer("clip_loss").by_hand and not kept.answer("similarity_logits").by_hand


def test_folders_between_the_answers_are_left_alone(kept):
    (kept.folder / "answers" / "more.py").mkdir()
    assert kept.up_to_date() == [] and (kept.folder / "answers" / "more.py").is_dir()
