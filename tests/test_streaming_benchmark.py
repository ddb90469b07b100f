"""The benchmark of streaming at a size of seconds: its shards, its turns, its table."""

import json

import pytest

from benchmarks.speed import small_jpegs, streaming
from minclip.data.shards import Shards

pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")


def test_the_shards_hold_what_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(small_jpegs, "PER_SHARD", 30)
    monkeypatch.setattr(small_jpegs, "MEASURED", 4)
    folder = small_jpegs.write_shards(tmp_path / "shards", 70)
    assert [len(Shards(folder, split)) for split in ("train", "val", "test")] == [70, 4, 4]
    assert sorted(path.name for path in folder.iterdir())[1:4] == [f"train-{i:06d}.tar" for i in range(3)]
    sizes = {Shards(folder).image(i).size for i in range(70)}
    assert all(32 <= side <= 40 for size in sizes for side in size)


def test_memory_and_stream_take_turns(tmp_path, monkeypatch):
    monkeypatch.setattr(small_jpegs, "MEASURED", 4)
    monkeypatch.setattr(streaming, "UNTIMED", 1)
    found = streaming.rates(small_jpegs.write_shards(tmp_path / "shards", 64), rounds=2, steps=1, batch_size=8)
    assert json.loads(json.dumps(found)) == found
    for name in ("memory", "stream", "ratio", "cpu_ratio"):
        assert 0 < found[name]["lowest"] <= found[name]["median"] <= found[name]["highest"]


def test_the_table_has_a_line_for_each_run():
    runs = len(streaming.result("streaming")["rates"])
    assert streaming.table().count("| the stream beside memory") == runs
