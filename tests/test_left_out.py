"""Whatever is dropped, cut or lowered is counted, said in one line, and kept in the report."""

import json

import pytest
from PIL import Image

from minclip.cli import main
from minclip.data.folder import Folder
from minclip.data.left_out import lines, note, note_cut
from minclip.engine import step
from minclip.experiments.runs import Run
from minclip.tokenizer import BPETokenizer

LONG = 2 * "a long sentence whose beginning is that of all the others so that only its end says what there is to see "


def album(folder, rows, header="file,caption,split"):
    """A picture for each row that names one, and the table."""
    folder.mkdir()
    for i, row in enumerate(rows):
        Image.new("RGB", (20 + i, 24), (8 * i % 256, 90, 40)).save(folder / row.split(",")[0])
    (folder / "captions.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def rows(text, n=30):
    return [f"{i}.png,{text(i)},{'train' if i < 20 else 'val' if i < 25 else 'test'}" for i in range(n)]


def train(data, out, *more):
    small = {"--config": "tiny", "--samples": "24", "--batch": "6"}
    options = [word for name, value in small.items() if name not in more for word in (name, value)] + [*more]
    return main(["train", "--data", str(data), "--out", str(out), *options])


def report_of(out):
    return json.loads((out / "report.json").read_text(encoding="utf-8"))["run"]["left_out"]


def test_two_empty_captions_are_one_line():
    left_out: dict = {}
    for file in ("a.png", "b.png"):
        note(left_out, "captions_empty", "captions are empty and left out", file)
    assert lines(left_out) == ["2 captions are empty and left out, first: a.png"]


def test_cut_captions_are_counted(tmp_path, capsys):
    texts = rows(lambda i: f"{LONG}{i}" if i % 2 else f"a picture {i}")
    assert train(album(tmp_path / "long", texts), tmp_path / "run") == 0
    said = capsys.readouterr().err
    expected = "10 of 20 captions are too long for the 32 tokens that the model reads and lose their end, by which 10"
    assert f"\nminclip: {expected} different ones become 1, first: a long sentence whose" in said.replace("\r", "\n")
    assert "minclip: 2 of 5 val texts are too long" in said and "minclip: 3 of 5 test texts are too long" in said
    kept = report_of(tmp_path / "run")
    assert (kept["captions_cut"]["count"], kept["captions_cut"]["first"]) == (10, f"{LONG}1")
    assert kept["test_texts_cut"]["count"] == 3
    assert expected in (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    scores = tmp_path / "scores.json"
    assert (
        main(["eval", "--model", str(tmp_path / "run"), "--data", str(tmp_path / "long"), "--json", str(scores)]) == 0
    )
    assert "minclip: 3 of 5 test texts are too long" in capsys.readouterr().err
    assert json.loads(scores.read_text(encoding="utf-8"))["left_out"]["test_texts_cut"]["count"] == 3


def test_lowered_settings_are_said_and_remembered(tmp_path, capsys, monkeypatch):
    data, out, backward, steps = album(tmp_path / "few", rows(lambda i: f"a picture {i}")), tmp_path / "run", [], []
    backward = step.backward

    def stops(*arguments):
        steps.append(1)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return backward(*arguments)

    monkeypatch.setattr(step, "backward", stops)
    monkeypatch.setattr("minclip.experiments.keeper.is_due", lambda done, every, config: done > 0)
    assert train(data, out, "--batch", "256", "--samples", "297") == 130
    said = capsys.readouterr().err
    assert "minclip: batch_size is 20 instead of 256: 20 pictures have captions\n" in said
    assert "minclip: samples is 280 instead of 297: whole batches of 20\n" in said
    monkeypatch.undo()
    assert main(["train", "--out", str(out), "--resume"]) == 0
    assert "minclip: batch_size is 20 instead of 256" in capsys.readouterr().err
    kept = report_of(out)
    assert (kept["batch_size"]["count"], kept["batch_size"]["asked"], kept["samples"]["count"]) == (20, 256, 280)
    assert kept["vocab_size"]["count"] == Run(out).load()[1].vocab_size < kept["vocab_size"]["asked"] == 2048


def test_a_batch_is_lowered_to_the_captioned_pictures(tmp_path, monkeypatch, capsys):
    """Not to all pictures: the others are left out, and a picture would be its own negative."""
    data, read = album(tmp_path / "some", rows(lambda i: f"a picture {i}")), Folder.captions
    monkeypatch.setattr(
        Folder, "captions", lambda self, i: [] if self.files[i] in ("3.png", "7.png") else read(self, i)
    )
    assert train(data, tmp_path / "run", "--batch", "19", "--samples", "36") == 0
    said, kept = capsys.readouterr().err, report_of(tmp_path / "run")
    assert "minclip: 2 pictures of folder/train have no caption and are left out, first: 3.png\n" in said
    assert kept["batch_size"]["count"] == 18 and kept["pictures_without_captions"]["count"] == 2


def test_a_run_that_leaves_nothing_out_says_nothing(tmp_path, capsys):
    words = [f"{a} {b}" for a in ("red", "blue", "green") for b in ("cat", "dog", "bird", "fish", "tree", "car", "sun")]
    data = album(tmp_path / "good", rows(lambda i: words[i % len(words)]))
    assert train(data, tmp_path / "run") == 0
    assert report_of(tmp_path / "run").keys() == {"vocab_size"}
    assert capsys.readouterr().err.count("minclip: ") == 3  # device, what was found, the vocabulary


def test_unknown_settings_of_another_version_are_named(tmp_path, capsys, monkeypatch):
    assert train(album(tmp_path / "data", rows(lambda i: f"a picture {i}")), tmp_path / "run") == 0
    load = Run.load

    def newer(self):
        model, tokenizer, progress, moments = load(self)
        progress["train_config"] |= {"label_smoothing": 0.1}
        del progress["left_out"]  # earlier versions kept none
        return model, tokenizer, progress, moments

    monkeypatch.setattr(Run, "load", newer)
    assert main(["train", "--out", str(tmp_path / "run"), "--resume"]) == 0
    assert "minclip: 1 settings of the run are unknown to this version and not used, first: label_smoothing" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(("text", "shown"), [("a\nb", "a b"), ("x" * 99, "x" * 80 + "...")])
def test_the_first_one_is_shown_on_one_line(text, shown):
    left_out = {}
    note(left_out, "things", "things are left out", text)
    note(left_out, "things", "things are left out", "another")
    assert lines(left_out) == [f"2 things are left out, first: {shown}"]


def test_a_text_that_just_fits_is_not_cut():
    tokenizer, left_out = BPETokenizer([], context_length=6), {}
    texts = ["abcd", "abcde", "ABCDX", "ab"]
    note_cut(left_out, "captions", tokenizer, texts, tokenizer(texts, truncate=True))
    assert left_out["captions_cut"]["count"] == 2 and left_out["captions_cut"]["first"] == "abcde"
    assert "by which 2 different ones become 1" in left_out["captions_cut"]["what"]
    note_cut(again := {}, "captions", tokenizer, texts)
    assert again == left_out
    note_cut(nothing := {}, "captions", tokenizer, ["abcd", "ab"])
    assert nothing == {}
