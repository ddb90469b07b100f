"""A streamed run that is stopped anywhere and resumed: the same samples, bit for bit, or one line that says why not."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shard_examples import RUN, TINY, assert_same_model, write_shards_of
from streaming_places import PLACES, at
from test_processes import ROOT

from minclip.engine.devices import choose_device
from minclip.experiments import streaming
from minclip.experiments.experiment import resume_run, run_training
from minclip.experiments.runs import Run
from minclip.formats.weights_files import read_tensors, write_tensors

pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")


def missing(folder):
    (folder / "train-000001.tar").unlink()


def renamed(folder):
    (folder / "train-000000.tar").rename(folder / "train-000009.tar")


def added(folder):
    shutil.copy(folder / "train-000000.tar", folder / "train-000002.tar")


def exchanged(folder):
    """The same names, and as many bytes in each."""
    one, two = (folder / f"train-00000{i}.tar" for i in range(2))
    contents = one.read_bytes(), two.read_bytes()
    assert len(contents[0]) == len(contents[1])
    one.write_bytes(contents[1]), two.write_bytes(contents[0])


def other_captions(folder):
    path = folder / "train-000001.tar"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"train number", b"trail number"))


def renamed_in_order(folder):
    for i in (1, 0):
        (folder / f"train-00000{i}.tar").rename(folder / f"train-{i + 5:03d}.tar")


def touched(folder):
    for path in folder.glob("*.tar"):
        os.utime(path, (1, 1))


@pytest.fixture(scope="module")
def stopped_run(tmp_path_factory):
    """A run on two shards, stopped after step 2 of 4; what it should come to."""
    home = tmp_path_factory.mktemp("stopped")
    folder = write_shards_of(home / "shards", [8, 8])
    write_shards_of(folder, [3], "val")
    write_shards_of(folder, [3], "test")
    device = choose_device("cpu")
    run_training(folder, TINY, RUN, home / "whole", device, show_progress=False)

    def stop(entry):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_training(folder, TINY, RUN, home / "run", device, show_progress=False, on_log=stop)
    return home


def copied(stopped_run, tmp_path) -> tuple[Path, Path]:
    """(shards, run) of their own; the shards stand where the run looks for them."""
    home = tmp_path / "home"
    shutil.copytree(stopped_run, home)
    path = home / "run" / "state.safetensors"
    stored = read_tensors(path)
    told = json.loads(stored.metadata["run"]) | {"data": str(home / "shards")}
    write_tensors(path, stored.tensors, stored.metadata | {"run": json.dumps(told)})
    return home / "shards", home / "run"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (missing, r"1 missing \(train-000001\.tar\)"),
        (renamed, r"1 missing \(train-000000\.tar\), 1 new \(train-000009\.tar\)"),
        (added, r"1 new \(train-000002\.tar\)"),
        (exchanged, r"2 with other captions \(train-000000\.tar\)"),
        (other_captions, r"1 with other captions \(train-000001\.tar\)"),
    ],
)
def test_a_run_is_not_resumed_on_other_shards(change, said, stopped_run, tmp_path):
    shards, run = copied(stopped_run, tmp_path)
    change(shards)
    before = (run / streaming.SURVEY_FILE).read_bytes()
    for _ in range(2):  # the first attempt leaves the second one the same answer
        with pytest.raises(ValueError, match=rf"does not hold the captions that the run in .* began with.* now {said}"):
            resume_run(run, choose_device("cpu"), show_progress=False)
    assert (run / streaming.SURVEY_FILE).read_bytes() == before


def test_a_truncated_shard_is_named_on_resuming(stopped_run, tmp_path):
    shards, run = copied(stopped_run, tmp_path)
    path = shards / "train-000001.tar"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match=r"train-000001\.tar is not a plain, complete \.tar"):
        resume_run(run, choose_device("cpu"), show_progress=False)


@pytest.mark.parametrize("change", [renamed_in_order, touched])
def test_shards_with_the_same_captions_resume_the_run(change, stopped_run, tmp_path):
    shards, run = copied(stopped_run, tmp_path)
    change(shards)
    resume_run(run, choose_device("cpu"), show_progress=False)
    assert_same_model(stopped_run / "whole", run)


# --- killed and interrupted anywhere ---

KEPT_BY_CTRL_C = {"first batch": 1, "epoch's end": 3, "checkpoint": 4, "model file": 4}  # place: the step


@pytest.fixture(scope="module")
def killed(stopped_run):
    """A folder of a run for each place, which was killed there; all at once, in processes of their own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).with_name("streaming_places.py"))]
    shards = str(stopped_run / "shards")
    processes = [
        subprocess.Popen([*command, place, shards, str(stopped_run / place), str(1 + i % 2)], env=environment)
        for i, place in enumerate(PLACES)
    ]
    assert [process.wait(timeout=600) for process in processes] == [9] * len(PLACES)
    return stopped_run


def assert_goes_on(home: Path, out: Path) -> None:
    """Resumed, or begun anew where nothing is kept, it ends as the run that was never stopped."""
    device = choose_device("cpu")
    if Run(out).exists():
        resume_run(out, device, show_progress=False)
    else:
        run_training(home / "shards", TINY, RUN, out, device, show_progress=False)
    assert_same_model(home / "whole", out)
    assert not list(out.glob(".*.tmp")), "no half-written file is left"


@pytest.mark.parametrize("place", PLACES)
def test_a_run_that_was_killed_goes_on(place, killed):
    assert Run(killed / place).exists() == (place in ("epoch's end", "checkpoint", "model file"))
    assert_goes_on(killed, killed / place)


@pytest.mark.parametrize("place", PLACES)
def test_a_run_that_was_interrupted_goes_on(place, stopped_run, tmp_path, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt) as stopped:
            patched.setattr(*at(place, lambda: signal.raise_signal(signal.SIGINT)))
            run_training(stopped_run / "shards", TINY, RUN, tmp_path / "run", choose_device("cpu"), False)
    finally:
        signal.signal(signal.SIGINT, before)
    kept = KEPT_BY_CTRL_C.get(place)
    assert str(stopped.value).startswith(f"step {kept} of 4 is kept in" if kept else "")
    assert Run(tmp_path / "run").exists() == (kept is not None)
    assert_goes_on(stopped_run, tmp_path / "run")
