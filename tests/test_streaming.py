"""Training from shards that are streamed: every sample once an epoch, in every process its own, resumed exactly."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shard_examples import RUN, TINY, assert_same_model, picture, write_shards_of, write_tar
from test_processes import IN_FLOAT32, ROOT

import minclip
from minclip.config import TrainConfig
from minclip.data import streamed_shards
from minclip.data.shards import Shards
from minclip.data.streamed_shards import StreamedShards, survey
from minclip.engine import processes
from minclip.engine.devices import choose_device
from minclip.engine.order import batch_indices
from minclip.engine.stream import Stream, ahead
from minclip.experiments import streaming
from minclip.experiments.experiment import resume_run, run_finetuning, run_training
from minclip.experiments.finetuning import FineTuning
from minclip.experiments.keeper import Keeper
from minclip.experiments.runs import Run
from minclip.experiments.streaming import decide, earlier_survey, keep_survey
from minclip.tokenizer import BPETokenizer

pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """47 pictures in five shards of different lengths, one of them empty."""
    made = write_shards_of(tmp_path_factory.mktemp("shards"), [10, 3, 0, 20, 14])
    write_shards_of(made, [6], "val")
    return write_shards_of(made, [6], "test")


def stream_of(folder: Path, buffer: int = 8) -> Stream:
    shards = Shards(folder, "train")
    return Stream(StreamedShards(shards, survey(shards)), BPETokenizer([], 16), 16, buffer=buffer)


def keys(stream: Stream, config: TrainConfig, first_step: int, steps: int) -> list[str]:
    """The keys of the samples of some steps, in one process."""
    rows = processes.own_rows(config.batch_size)
    places = stream.places(config, first_step)
    found = [next(places) for _ in range(steps * (rows.stop - rows.start))]
    places.close()
    return [place.buffer[place.row].key for place in found]


@pytest.mark.parametrize("buffer", [1, 8, 1000])
def test_every_epoch_has_each_sample_once(folder, buffer):
    stream, config = stream_of(folder, buffer), TrainConfig(batch_size=2, samples=1000)
    seen = keys(stream, config, 0, 47)
    epochs = seen[:47], seen[47:]
    assert len(stream) == 47 and all(len(set(epoch)) == 47 for epoch in epochs)
    assert epochs[0] != epochs[1], "every epoch is shuffled anew"
    assert epochs[0] != sorted(epochs[0])
    assert keys(stream, replace(config, seed=1), 0, 23) != seen[:46]


@pytest.mark.parametrize("buffer", [1, 8, 1000])
@pytest.mark.parametrize("step", [0, 1, 7, 15, 16, 40])
def test_a_resumed_stream_goes_on_at_the_next_sample(folder, buffer, step):
    stream, config = stream_of(folder, buffer), TrainConfig(batch_size=3, samples=1000)
    assert keys(stream, config, step, 45 - step) == keys(stream, config, 0, 45)[3 * step :]


@pytest.mark.parametrize(("number", "batch_size"), [(2, 2), (2, 3), (3, 4), (4, 4)])
def test_processes_share_an_epoch_without_overlap(folder, number, batch_size, monkeypatch):
    stream, config = stream_of(folder), TrainConfig(batch_size=batch_size, samples=1000)
    monkeypatch.setattr(processes, "world_size", lambda: number)
    seen = []
    for rank in range(number):
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        rows = processes.own_rows(batch_size)
        share = 47 * rows.stop // batch_size - 47 * rows.start // batch_size
        steps = -(-share // (rows.stop - rows.start))
        seen += keys(stream, config, 0, steps)[:share]
    assert len(seen) == 47 and len(set(seen)) == 47


@pytest.mark.parametrize(("number", "batch_size"), [(1, 6), (2, 5), (3, 7), (4, 24), (1, 46), (2, 47)])
def test_no_batch_of_a_small_set_repeats_a_picture(folder, number, batch_size, monkeypatch):
    stream, config = stream_of(folder), TrainConfig(batch_size=batch_size, samples=10_000)
    monkeypatch.setattr(processes, "world_size", lambda: number)
    parts = []
    for rank in range(number):
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        rows = processes.own_rows(batch_size)
        parts.append(np.array(keys(stream, config, 0, 40)).reshape(40, rows.stop - rows.start))
        assert (np.array(keys(stream, config, 7, 33)).reshape(33, -1) == parts[-1][7:]).all(), "a resumed run"
    batches = np.concatenate(parts, axis=1)
    assert all(len(set(batch)) == batch_size for batch in batches.tolist())
    times = np.unique(batches, return_counts=True)[1]
    assert len(times) == 47 and times.max() - times.min() <= 1
    in_memory = [batch_indices(step, batch_size, 47, config.seed).tolist() for step in range(40)]
    assert batches.astype(int).tolist() == in_memory, "in the order of a set in memory"


def test_what_replaces_a_picture_is_new_to_the_batch(tmp_path):
    write_shards_of(tmp_path, [12])
    write_tar(tmp_path / "train-000001.tar", ("x.jpg", b"no picture"), ("x.txt", b"a broken one"))
    stream, config = stream_of(tmp_path), TrainConfig(batch_size=11, samples=11 * 60)
    with ThreadPoolExecutor(2) as readers:
        rows = [pixels for pixels, _ in stream.rows(config, 0, readers)]
    assert stream.left_out["pictures_unreadable"]["count"] == 1
    assert all(len(set(map(bytes, pixels.numpy()))) == 11 for pixels in rows)


def test_rows_are_the_pictures_and_captions_of_their_samples(folder):
    stream, config = stream_of(folder), TrainConfig(batch_size=4, samples=12)
    expected = {}
    shards = Shards(folder, "train")
    for i in range(len(shards)):
        tokens = stream.tokenizer(shards.captions(i), truncate=True)[0]
        expected[tuple(tokens.tolist())] = np.asarray(shards.image(i).resize((16, 20)).crop((0, 2, 16, 18)))
    batches = list(stream.batches(config, 0, TINY, choose_device("cpu")))
    assert len(batches) == 3 and all(batch.pixels.shape == (4, 3, 16, 16) for batch in batches)
    with ThreadPoolExecutor(2) as readers:
        rows = list(stream.rows(config, 0, readers))
    for pixels, tokens in rows:
        for row, ids in zip(pixels, tokens, strict=True):
            assert np.abs(row.numpy().astype(int) - expected[tuple(ids.tolist())]).max() <= 1


def test_a_resumed_run_is_bit_for_bit_the_same(folder, tmp_path, monkeypatch):
    config = TrainConfig(batch_size=6, samples=72, stream=True, save_every=5, evaluate_every=100, log_every=1)
    device = choose_device("cpu")
    run_training(folder, TINY, config, tmp_path / "whole", device, show_progress=False)
    monkeypatch.setattr("minclip.experiments.keeper.Record.evaluate", stop_at_ten)
    with pytest.raises(KeyboardInterrupt):
        run_training(folder, TINY, replace(config, evaluate_every=8), tmp_path / "stopped", device, False)
    monkeypatch.undo()
    read = []
    monkeypatch.setattr(Shards, "picture", noting(Shards.picture, read))
    report = resume_run(tmp_path / "stopped", device, show_progress=False)
    assert_same_model(tmp_path / "whole", tmp_path / "stopped")
    assert report["run"]["pictures_on"] == "shards, streamed" and report["run"]["recipe"]["stream"] is True
    of_train = [key for key in read if key.startswith("train")]
    assert len(of_train) == 72 - 5 * 6, "only what comes after the checkpoint is read"


def stop_at_ten(record):
    raise KeyboardInterrupt


def noting(function, read):
    def picture(self, sample):
        read.append(f"{sample.shard.name}: {sample.key}")
        return function(self, sample)

    return picture


def test_small_sets_stay_in_memory_and_large_ones_stream(folder, monkeypatch):
    shards = Shards(folder, "train")
    needed = streaming.pixels_in_memory(shards, 16)
    assert 47 * 16 * 16 * 3 * 0.8 < needed < 47 * 16 * 16 * 3 * 1.6
    for free, expected in ((needed * 2, False), (needed * 2 - 1, True)):
        monkeypatch.setattr(streaming, "free_memory", lambda free=free: free)
        assert decide(shards, TrainConfig(), 16).stream is expected
    assert decide(shards, TrainConfig(stream=False), 16).stream is False
    assert decide(shards, TrainConfig(stream=True), 16).stream is True


def test_only_shards_are_streamed(book):
    assert decide(book, TrainConfig(), 16).stream is None
    with pytest.raises(
        ValueError, match=r"--stream\) is for WebDataset shards, and picturebook has none: leave it out"
    ):
        decide(book, TrainConfig(stream=True), 16)


def test_ahead_gives_all_and_ends():
    closed = []

    def items(n):
        try:
            yield from range(n)
        finally:
            closed.append(n)

    assert list(ahead(items(10), 3)) == list(range(10)) and list(ahead(items(0), 3)) == []
    some = ahead(items(1000), 3)
    assert next(some) == 0
    some.close()
    assert closed == [10, 0, 1000]

    def broken():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(ahead(broken(), 2))


def test_a_survey_is_kept_and_read_again(folder, tmp_path, monkeypatch):
    shards = Shards(folder, "train")
    streamed = StreamedShards(shards, survey(shards))
    keep_survey(streamed, tmp_path)
    known = earlier_survey(tmp_path)
    assert known == streamed.survey.shards
    monkeypatch.setattr(Shards, "read_shard", None)  # which would be called for a shard that is read
    again = StreamedShards(shards, survey(shards, known))
    assert again.counts == [10, 3, 0, 20, 14] and again.fingerprint() == streamed.fingerprint()
    for content in ("", "[]", "{", '{"a": 1}', '{"a": [1, 2]}'):
        (tmp_path / streaming.SURVEY_FILE).write_text(content, encoding="utf-8")
        assert earlier_survey(tmp_path) == {}, "all shards are read again"
    assert earlier_survey(tmp_path / "none") == {} and earlier_survey(None) is None


def test_broken_pictures_are_replaced_and_counted_once(tmp_path):
    write_shards_of(tmp_path, [12, 12])
    files = [file for i in range(3) for file in ((f"x{i}.jpg", b"no picture"), (f"x{i}.txt", b"a broken one"))]
    write_tar(tmp_path / "train-000002.tar", *files)
    stream, config = stream_of(tmp_path), TrainConfig(batch_size=9, samples=27 * 4)
    batches = list(stream.batches(config, 0, TINY, choose_device("cpu")))
    assert [len(batch.pixels) for batch in batches] == [9] * 12, "four epochs of 27, whatever cannot be read"
    noted = stream.left_out["pictures_unreadable"]
    assert noted["count"] == 3 and len(set(noted["all"])) == 3 and "x1" in " ".join(noted["all"])


def test_a_set_without_a_readable_picture_ends_in_words(tmp_path):
    files = [file for i in range(9) for file in ((f"{i}.jpg", b"no picture"), (f"{i}.txt", b"a text"))]
    write_tar(tmp_path / "train-0.tar", *files)
    with pytest.raises(ValueError, match=r"9 pictures of shards cannot be read, first: .*train-0\.tar: '\d'"):
        list(stream_of(tmp_path).batches(TrainConfig(batch_size=3, samples=9), 0, TINY, choose_device("cpu")))


def test_a_set_without_captions_says_what_was_looked_for(tmp_path):
    write_tar(tmp_path / "train-0.tar", *((f"{i}.png", picture("png")) for i in range(4)))
    with pytest.raises(ValueError, match=r"no caption of any: looked for a \.json .*4 pictures of shards/train have"):
        run_training(tmp_path, TINY, RUN, tmp_path / "run", choose_device("cpu"), show_progress=False)
    assert not (tmp_path / "run").exists()


def test_a_set_smaller_than_a_batch_lowers_the_batch(folder, tmp_path):
    config = replace(RUN, batch_size=60, samples=120, log_every=1)
    report = run_training(folder, TINY, config, tmp_path / "run", choose_device("cpu"), show_progress=False)
    assert report["run"]["left_out"]["batch_size"]["count"] == 47 and report["run"]["recipe"]["batch_size"] == 47


def test_a_stream_that_other_processes_resume_says_so(folder, tmp_path, capsys):
    keeper = Keeper(Run(tmp_path), BPETokenizer([], 16))
    keeper.say_other_parts(before=1)
    assert capsys.readouterr().err == "" and keeper.run.left_out == {}
    keeper.say_other_parts(before=2)
    assert "processes is 1 instead of 2: to the end of this epoch some samples" in capsys.readouterr().err
    assert keeper.run.left_out["processes"]["asked"] == 2


def test_a_shard_that_shrinks_while_training_is_named(folder, tmp_path):
    moved = write_shards_of(tmp_path, [8, 8])
    stream = stream_of(moved, buffer=4)
    write_tar(moved / "train-000000.tar", ("0.png", picture("png")), ("0.txt", b"a text"))
    with pytest.raises(ValueError, match=r"train-000000\.tar has changed since training began: bring it back"):
        keys(stream, TrainConfig(batch_size=2, samples=100), 0, 8)


def test_processes_that_see_other_shards_are_told(folder, tmp_path):
    surveyed = survey(Shards(folder, "train"))
    other = write_shards_of(tmp_path, [4])
    with pytest.raises(ValueError, match=r"holds other shards than the first process found, such as train-000000\.tar"):
        StreamedShards(Shards(other, "train"), surveyed)


def test_captions_beyond_a_limit_are_not_learned_from(folder, monkeypatch):
    monkeypatch.setattr(streamed_shards, "TEXTS", 5)
    found = survey(Shards(folder, "train"))
    assert 5 <= len(found.captions) < 47 and sum(counted.samples for counted in found.shards.values()) == 47
    assert found.notes["captions_not_learned_from"]["count"] == 47 - len(found.captions)
    assert "captions_not_learned_from" not in survey(Shards(folder, "train"), {}).notes, "a resumed run learns none"


def test_a_streamed_run_measures_the_first_pictures(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("minclip.experiments.experiment.MEASURED", 4)
    report = run_training(folder, TINY, RUN, tmp_path / "run", choose_device("cpu"), show_progress=False)
    assert report["retrieval"]["n_images"] == 4
    assert report["run"]["left_out"]["test_pictures_read"]["count"] == 4


def test_fit_streams_where_it_is_asked_to(folder, tmp_path):
    fitted = minclip.fit(folder, config=TINY, samples=24, batch_size=6, stream=True, device="cpu", tasks=[])
    assert fitted.report["run"]["pictures_on"] == "shards, streamed"
    with pytest.raises(ValueError, match="in_memory has none: leave it out"):
        minclip.fit(
            [np.zeros((16, 16, 3), np.uint8)] * 3, ["a", "b", "c"], config=TINY, samples=4, batch_size=2, stream=True
        )


def test_a_fine_tuning_streams_too(folder, tmp_path):
    before = tmp_path / "before"
    run_training(folder, TINY, RUN, before, choose_device("cpu"), show_progress=False)
    config = replace(RUN, evaluate_every=2)
    report = run_finetuning(
        folder, FineTuning(str(before / "model.safetensors")), config, tmp_path / "after", choose_device("cpu"), False
    )
    assert report["run"]["pictures_on"] == "shards, streamed" and report["finetuning"]["evaluations"] >= 1


def test_two_machines_train_one_model_from_a_stream(folder, tmp_path):
    """Two nodes of torchrun on this machine, one process each, that meet by its c10d rendezvous."""
    (tmp_path / "script.py").write_text(IN_FLOAT32, encoding="utf-8")
    command = [tmp_path / "script.py", "train", "--data", folder, "--config", "tiny", "--device", "cpu", "--stream"]
    command += ["--samples", "48", "--batch", "12", "--out", tmp_path / "run"]
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    launcher = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nnodes=2",
        "--nproc-per-node=1",
        "--rdzv-backend=c10d",
    ]
    launcher += [f"--rdzv-endpoint=127.0.0.1:{port}", "--rdzv-id=streaming", "--local-addr=127.0.0.1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    nodes = [
        subprocess.Popen(
            [*launcher, *map(str, command)],
            env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [node.communicate(timeout=600) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], said[0][1][-2000:] + said[1][1][-2000:]
    assert sum(out.count("Ask it yourself") for out, _ in said) == 1, "one process of all speaks"
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))["run"]
    assert report["samples"] == 48 and report["pictures_on"] == "shards, streamed"
