"""A short run draws the pictures that it sees, and is what it would be with the whole book."""

import json

import numpy as np
import pytest

from minclip.cli import main
from minclip.data.picturebook import PictureBook, dataset
from minclip.experiments.runs import Run


@pytest.fixture
def small_world(tmp_path, monkeypatch):
    """A book of 300 pictures in a cache of its own."""
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(dataset, "COUNTS", {"train": 300, "val": 8, "test": 8})
    monkeypatch.setattr("minclip.evaluation.suites.picturebook_tasks", lambda *_, **__: {"object": None})
    monkeypatch.setattr("minclip.experiments.experiment.watched_suite", lambda *_: suite())
    monkeypatch.setattr("minclip.experiments.experiment.evaluation_suite", lambda *_: suite())
    return tmp_path


def suite():
    from minclip.evaluation.suites import Suite, retrieval_pairs

    return Suite({}, retrieval_pairs(PictureBook("test", size=32, progress=False), 32))


def book(**more):
    return PictureBook("train", size=16, count=40, progress=False, **more)


def drawn_files(data):
    return sorted(path.name.rpartition("-v")[0] for path in data.rglob("train-*.npy"))


def train(out, samples):
    options = ["--config", "tiny", "--batch", "24", "--samples", str(samples), "--seed", "1"]
    assert main(["train", "--data", "picturebook", "--out", str(out), *options]) == 0
    return [{k: v for k, v in entry.items() if k != "seconds"} for entry in Run(out).read_log()]


def test_a_short_run_draws_only_what_it_sees(small_world, capsys):
    short = train(small_world / "short", 96)
    assert drawn_files(small_world) == ["train-32px-96"]
    said = capsys.readouterr().err
    assert "minclip: 204 pictures of the picture book are not drawn: the run ends before it sees them\n" in said
    report = json.loads((small_world / "short" / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["left_out"]["pictures_not_drawn"]["count"] == 204
    PictureBook("train", size=32, progress=False).pixels  # noqa: B018  (the whole book)
    assert drawn_files(small_world) == ["train-32px-300", "train-32px-96"]
    assert train(small_world / "whole", 96) == short and short
    read = lambda name: Run(small_world / name).load()  # noqa: E731
    for name, tensor in read("short")[0].state_dict().items():
        assert tensor.equal(read("whole")[0].state_dict()[name]), name
    assert read("short")[2]["pairs"] == read("whole")[2]["pairs"], "either goes on with the other's pictures"


def test_a_run_of_an_epoch_draws_the_whole_book(small_world):
    train(small_world / "epoch", 312)
    assert drawn_files(small_world) == ["train-32px-300"]


def test_a_resumed_short_run_sees_the_same_pictures(small_world, monkeypatch):
    from minclip.engine import step
    from minclip.experiments import keeper

    straight, backward, steps = train(small_world / "straight", 96), step.backward, []

    def stops(*arguments):
        steps.append(1)
        if len(steps) == 3:
            raise KeyboardInterrupt
        return backward(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(step, "backward", stops)
        patched.setattr(keeper, "is_due", lambda done, every, config: done > 0)
        options = ["--config", "tiny", "--batch", "24", "--samples", "96", "--seed", "1"]
        assert main(["train", "--data", "picturebook", "--out", str(small_world / "two"), *options]) == 130
    assert main(["train", "--out", str(small_world / "two"), "--resume"]) == 0
    assert drawn_files(small_world) == ["train-32px-96"], "drawn once"
    models = [Run(small_world / name).load()[0].state_dict() for name in ("straight", "two")]
    assert all(tensor.equal(models[1][name]) for name, tensor in models[0].items()) and straight


def test_a_partly_drawn_book_has_the_same_pictures(tmp_path):
    whole, part = book(cache=tmp_path / "whole"), book(cache=tmp_path / "part")
    part.draw_only([31, 2, 7, 2])
    assert len(part) == 40 and part.captions(5) == whole.captions(5)
    assert np.array_equal(part.pixels[[2, 7, 31]], whole.pixels[[2, 7, 31]])
    assert not part.pixels[[0, 1, 39]].any(), "not drawn"
    assert np.array_equal(np.asarray(part.image(1)), whole.pixels[1]), "drawn where it is asked for by itself"
    with pytest.raises(IndexError, match="index=40"):
        part.draw_only([40])
    with_whole = book(cache=tmp_path / "whole")
    with_whole.draw_only([3])
    assert np.array_equal(with_whole.pixels, whole.pixels), "a book that is drawn already is taken"
    assert len(list((tmp_path / "whole").iterdir())) == 1
