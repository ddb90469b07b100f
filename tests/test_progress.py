"""Bars: rate and time left where they are asked for, and silence elsewhere."""

import re

import pytest

from minclip.data import progress
from minclip.data.progress import progress_shown, with_progress

RATE = re.compile(r"working: 100%.* 10/10 \[\d\d:\d\d<\d\d:\d\d, +[\d.]+ ?pictures/s\]")


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 0.0)


def test_the_library_is_silent(at_once, capsys):
    assert list(with_progress(range(10), "working", "pictures")) == list(range(10))
    assert capsys.readouterr() == ("", "")


def test_a_bar_says_rate_and_time_left(at_once, capsys):
    with progress_shown():
        assert len(list(with_progress(iter(range(3)), "working", "pictures", 10, each=4))) == 3
    printed = capsys.readouterr()
    assert printed.out == "" and RATE.search(printed.err), printed.err
    list(with_progress([1, 2], "other", "files", shown=True))
    assert "other: 100%" in capsys.readouterr().err


def test_quick_work_shows_no_bar(capsys):
    with progress_shown():
        list(with_progress(range(10), "working", "pictures"))
    assert capsys.readouterr().err == ""


def test_an_inner_choice_ends_where_it_ends():
    with progress_shown():
        with progress_shown(False):
            assert not progress.is_shown()
        assert progress.is_shown()
    assert not progress.is_shown()


def test_eval_and_fit_show_bars_on_demand(at_once, tmp_path, capsys):
    from test_search_index import draw
    from test_stopping import data, settings

    import minclip
    from minclip.cli import main

    for name in ("red", "blue"):
        draw(tmp_path / name / "1.png", name)
    assert main(["eval", "--model", "picturebook-tiny", "--device", "cpu", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert "reading class_folders/all: 100%" in said and "encoding: 100%" in said
    minclip.fit(*data(), **settings(samples=8))
    assert "encoding" not in capsys.readouterr().err


def test_slow_work_without_a_loop_of_ours_shows_bars(at_once, tmp_path, capsys):
    from minclip.data.download import copy
    from minclip.data.picturebook.contact import classes_by_styles
    from minclip.formats import export
    from minclip.tokenizer import BPETokenizer

    (tmp_path / "file").write_bytes(b"x" * 100)
    with progress_shown():
        BPETokenizer.train(["the hat", "that hat"], 600)
        copy(tmp_path / "file", tmp_path / "copied", None, None, None)
        list(export.shown({"image_encoder": None}))
        classes_by_styles(16)
    said = capsys.readouterr().err
    for bar in ("learning the vocabulary: ", "copying: 100%", "exporting: 100%", "drawing the sheet: 100%"):
        assert bar in said
