"""The soaks at a size of seconds: nothing stays open, and every kind of request gets the answer that is due."""

import gc
import json
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.soak import kept, search_page, training, watched
from minclip.preprocess import image_transform

if not watched.open_handles():
    pytest.skip("this system does not say what a process has open", allow_module_level=True)

REFUSED = {
    "no such picture": "404", "no such page": "404", "broken picture": "400", "no picture": "400",
    "broken form": "400", "wrong number": "400", "another host": "421", "another page": "403", "too large": "413",
    "cut off in the head": "0", "cut off in the picture": "0", "cut off before the answer": "0",
}  # fmt: skip


@pytest.fixture
def quick_looks(monkeypatch):
    """Looking for garbage takes long, and each test does it once itself."""
    monkeypatch.setattr(watched, "gc", SimpleNamespace(collect=lambda: None))


def handles():
    gc.collect()
    return watched.open_handles()


def test_a_handle_is_seen(tmp_path):
    before = watched.open_handles()
    with (tmp_path / "a").open("w"):
        assert len(watched.open_handles()) == len(before) + 1
    assert watched.open_handles() == before


def test_growth_counts_from_the_warm_up(monkeypatch, quick_looks):
    held = []
    monkeypatch.setattr(watched, "open_handles", lambda: held)
    found = watched.soaked(lambda i: held.append(i) if i < 4 or i % 2 else None, 24, warm=4, every=10, per=10)
    assert [one["done"] for one in found["looks"]] == [0, 4, 10, 20, 24]
    assert found["growth"]["handles"] == 5


def test_requests_leave_no_handle_open(model, tokenizer, tmp_path, quick_looks):
    preprocess, threads = image_transform(16), threading.active_count()
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        before = handles()
        found = search_page.soak(model, preprocess, tokenizer, folder, 2 * len(search_page.KINDS))
        after = handles()
    assert after == before and threading.active_count() <= threads + 1
    answers = {name: REFUSED.get(name, "200") for name in search_page.KINDS}
    answers["class names"] = "400"  # this model's 16 tokens do not hold the templates
    assert {name: dict(counts) for name, counts in found["statuses"].items()} == {n: {s: 2} for n, s in answers.items()}


def test_training_leaves_no_handle_open(tmp_path, monkeypatch, quick_looks):
    monkeypatch.setattr(training, "STEPS", 4)
    monkeypatch.setattr(training, "CONFIG", replace(training.CONFIG, samples=32, save_every=1, evaluate_every=2))
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        before = handles()
        training.soak(folder, 1)
        after = handles()
        assert [path.name for path in folder.iterdir()] == ["photos"]
    assert after == before


def test_the_kept_soak_holds_no_more_at_its_end():
    found = kept.result("soak")
    for part in ("search_page", "training"):
        assert found[part]["growth"]["handles"] == found[part]["growth"]["threads"] == 0
        assert found[part]["growth"]["mb"] < 1, "of memory, per 1,000 requests and per 100 epochs"
    assert json.dumps(found) and kept.table().count("\n|") == 3
