"""Ctrl-C during a training keeps the last step, and TensorBoard's log goes on where the run does."""

import signal
import sys
import threading

import pytest
import torch
from PIL import Image

import minclip
from minclip.cli import main
from minclip.experiments import stopping
from minclip.experiments.runs import Run
from minclip.experiments.tensorboard import EVENTS, TensorBoardLog
from minclip.formats.weights_files import read_tensors

SMALL = minclip.CLIPConfig(32, 16, 8, 64, 1, 32, 1, 1, context_length=16, vocab_size=600)
COLOURS = ["red", "green", "blue", "white", "black", "gold", "navy", "pink"]


@pytest.fixture(autouse=True)
def pythons_own_handler():
    """Where tests run in the background, Ctrl-C may be ignored from the beginning."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def data():
    return [Image.new("RGB", (16, 16), name) for name in COLOURS], [f"a {name} square" for name in COLOURS]


def settings(**others):
    return {"config": SMALL, "samples": 64, "batch_size": 8, "log_every": 1, "device": "cpu", "tasks": []} | others


def stop_at(step, times=1):
    def on_log(entry):
        if entry["step"] == step:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    return on_log


def test_ctrl_c_keeps_the_step_and_goes_on(tmp_path, capsys):
    whole = minclip.fit(*data(), out=tmp_path / "whole", **settings())
    with pytest.raises(KeyboardInterrupt, match=r"step 3 of 8 is kept in .*stopped"):
        minclip.fit(*data(), out=tmp_path / "stopped", on_log=stop_at(3), **settings())
    assert "stopping after this step, to keep it" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    state = Run(tmp_path / "stopped").load()[2]
    assert state["step"] == 3
    assert len(Run(tmp_path / "stopped").read_log()) == 3 < len(whole.log)


def test_a_stopped_command_goes_on_bit_for_bit(tmp_path, capsys, monkeypatch):
    images, captions = data()
    rows = ["file,caption,split"]
    for i, (image, caption) in enumerate(zip(images * 3, captions * 3, strict=True)):
        image.save(tmp_path / f"{i}.png")
        rows.append(f"{i}.png,{caption},{('train', 'val', 'test')[i // 8]}")
    (tmp_path / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    arguments = ["train", "--data", str(tmp_path), "--config", "tiny", "--samples", "48", "--batch", "8"]
    arguments += ["--device", "cpu"]
    assert main([*arguments, "--out", str(tmp_path / "whole")]) == 0
    from minclip.experiments import loop

    real, steps = loop.train_step, []

    def step(*given):
        steps.append(1)
        if len(steps) == 2:
            signal.raise_signal(signal.SIGINT)
        return real(*given)

    monkeypatch.setattr(loop, "train_step", step)
    assert main([*arguments, "--out", str(tmp_path / "stopped")]) == 130
    said = capsys.readouterr().err
    assert "minclip: stopped: step 2 of 6 is kept in" in said and "--resume" in said
    assert main(["train", "--out", str(tmp_path / "stopped"), "--resume", "--device", "cpu"]) == 0
    one, two = (read_tensors(tmp_path / name / "model.safetensors").tensors for name in ("whole", "stopped"))
    assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def test_a_second_ctrl_c_stops_at_once(tmp_path):
    with pytest.raises(KeyboardInterrupt) as stopped:
        minclip.fit(*data(), out=tmp_path / "run", on_log=stop_at(3, times=2), **settings())
    assert not stopped.value.args and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_kept_nowhere_stops_at_once():
    with pytest.raises(KeyboardInterrupt) as stopped:
        minclip.fit(*data(), on_log=stop_at(2), **settings())
    assert not stopped.value.args


def test_other_threads_and_handlers_are_left_alone(monkeypatch):
    found = []

    def inside():
        with stopping.stop_after_step() as asked:
            found.append((asked(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        inside()
    finally:
        signal.signal(signal.SIGINT, before)
    assert found == [(False, signal.default_int_handler), (False, signal.SIG_IGN)]


def scalars(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder))
    read.Reload()
    return {name: {one.step: one.value for one in read.Scalars(name)} for name in read.Tags()["scalars"]}


def test_tensorboard_shows_what_the_log_has(tmp_path):
    pytest.importorskip("tensorboard", reason="no TensorBoard here: pip install -e .[tensorboard]")
    out = tmp_path / "run"
    run = minclip.fit(*data(), out=out, on_log=TensorBoardLog(out), **settings())
    losses = {entry["step"]: entry["loss"] for entry in run.log if "loss" in entry}
    assert scalars(out)["loss"] == pytest.approx(losses) and len(losses) == 8
    minclip.fit(*data(), out=out, overwrite=True, on_log=TensorBoardLog(out), **settings(samples=32))
    assert sorted(scalars(out)["loss"]) == [1, 2, 3, 4] and len(list(out.glob(EVENTS))) == 1


def test_tensorboard_goes_on_and_begins_late(tmp_path):
    pytest.importorskip("tensorboard", reason="no TensorBoard here: pip install -e .[tensorboard]")
    run = Run(tmp_path)
    for step in (1, 2):
        run.append({"step": step, "loss": float(step), "zero_shot": 0.5})
    board = TensorBoardLog(tmp_path)
    board({"step": 3, "samples": 24, "loss": 3.0})
    board({"step": 4, "loss": 4.0})
    board.writer.close()
    again = TensorBoardLog(tmp_path)  # resumed from a checkpoint at step 3
    again({"step": 4, "loss": 40.0})
    again.writer.close()
    found = scalars(tmp_path)
    assert found["loss"] == {1: 1.0, 2: 2.0, 3: 3.0, 4: 40.0} and "samples" not in found


def test_without_tensorboard_one_line_says_how(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    arguments = ["train", "--data", "picturebook", "--out", str(tmp_path / "run"), "--tensorboard"]
    assert main(arguments) == 2
    assert 'pip install "minclip[tensorboard]"' in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "run").exists()
