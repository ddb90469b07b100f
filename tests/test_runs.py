"""A run folder: killed at any moment, it goes on as if nothing had happened."""

import itertools
import json
import math
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minclip.checkpoint import MODEL_FILE
from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.batches import Pairs
from minclip.engine.devices import choose_device
from minclip.engine.optimizers import build_optimizers
from minclip.experiments.keeper import Keeper
from minclip.experiments.kept_moments import restore_optimizers
from minclip.experiments.loop import train
from minclip.experiments.runs import Run
from minclip.formats.weights_files import read_tensors
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

ROOT = Path(__file__).parents[1]
TOKENIZER = BPETokenizer([], context_length=8)
STEPS = 120
KILLS = 10


def train_in(folder: str | Path, optimizer: str = "muon", resume: bool = False, **changes) -> None:
    """A whole run of a model that trains in a second."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(1, 500, (40, 8), generator=generator).int()
    tokens[:, 6:] = TOKENIZER.vocab_size - 1
    pixels = torch.randint(0, 256, (20, 16, 16, 3), generator=generator).to(torch.uint8)
    pairs = Pairs(pixels, tokens, 2 * torch.arange(20), torch.full((20,), 2))
    settings = {
        "samples": STEPS * 6,
        "batch_size": 6,
        "log_every": 1,
        "save_every": 3,
        "optimizer": optimizer,
    }
    config, run = TrainConfig(**(settings | changes)), Run(folder)
    if resume:
        model, _, done, _ = run.load()
        config = TrainConfig.from_dict(done["train_config"])
    else:
        torch.manual_seed(0)
        model = CLIP(CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, 8, TOKENIZER.vocab_size))
    device = replace(choose_device("cpu"), cores=3)  # several threads, even where a machine has one core
    train(model, pairs, config, device, Keeper(run, TOKENIZER, resume=resume, show_progress=False))


def log_of(folder: Path) -> list[dict]:
    """The log without the time, the only thing that may differ."""
    return [{name: value for name, value in entry.items() if name != "seconds"} for entry in Run(folder).read_log()]


def kill_at_a_random_point(folder: Path, rng: random.Random) -> bool:
    """Starts or resumes the run in a process of its own and kills it; True if it was killed before its end."""
    code = f"from test_runs import *; train_in({str(folder)!r}, resume=Run({str(folder)!r}).exists())"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT / "tests", stderr=subprocess.PIPE)
    log, lines = folder / "log.jsonl", rng.randint(1, 14)
    before = len(log_of(folder))
    while process.poll() is None and not lines <= len(log_of(folder)) - before:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.03))  # so that writing a checkpoint is hit too
    process.kill()
    _, error = process.communicate()
    assert process.returncode in (0, -9, 1) and b"Error" not in error, error.decode()
    return process.returncode != 0 and log.exists()


def test_a_run_folder_holds_state_model_and_log(tmp_path):
    train_in(tmp_path, samples=24)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl", "model.safetensors", "state.safetensors"]
    seen = [(entry["step"], entry["samples"]) for entry in Run(tmp_path).read_log()]
    assert seen == [(1, 6), (2, 12), (3, 18), (4, 24)]
    _, _, state, moments = Run(tmp_path).load()
    assert (state["step"], state["data"], state["frozen"]) == (4, "", []) and moments


@pytest.mark.slow
def test_a_run_killed_ten_times_has_the_same_log(tmp_path):
    train_in(tmp_path / "whole")
    rng = random.Random(0)
    killed = sum(kill_at_a_random_point(tmp_path / "killed", rng) for _ in range(KILLS))
    assert killed >= KILLS // 2, "the run ended too early for the test to mean anything"
    train_in(tmp_path / "killed", resume=Run(tmp_path / "killed").exists())
    assert log_of(tmp_path / "killed") == log_of(tmp_path / "whole")
    whole, killed_run = (read_tensors(tmp_path / name / MODEL_FILE) for name in ("whole", "killed"))
    assert whole.metadata == killed_run.metadata and list(whole.tensors) == list(killed_run.tensors)
    assert all(torch.equal(whole.tensors[name], killed_run.tensors[name]) for name in whole.tensors)
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == [
        "log.jsonl",
        "model.safetensors",
        "state.safetensors",
    ]


def test_resuming_writes_a_missing_or_older_model_again(tmp_path):
    train_in(tmp_path)
    model, log = tmp_path / MODEL_FILE, log_of(tmp_path)
    complete = read_tensors(model)
    for left_behind in (None, b"of an older step"):
        if left_behind is None:
            model.unlink()
        else:
            model.write_bytes(left_behind)
        train_in(tmp_path, resume=True)
        mended = read_tensors(model)
        assert mended.metadata == complete.metadata and log_of(tmp_path) == log
        assert all(torch.equal(mended.tensors[name], tensor) for name, tensor in complete.tensors.items())


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_resumes_bit_for_bit(optimizer, tmp_path, monkeypatch):
    train_in(tmp_path / "whole", optimizer)

    class Stop(Exception):
        pass

    save = Run.save

    def save_and_stop(self, *args):
        save(self, *args)
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(Run, "save", save_and_stop)
        with pytest.raises(Stop):
            train_in(tmp_path / "stopped", optimizer)
    torch.manual_seed(1234)  # a resumed run takes nothing from the process it is in
    train_in(tmp_path / "stopped", optimizer, resume=True)
    assert log_of(tmp_path / "stopped") == log_of(tmp_path / "whole")


def test_the_seed_decides_the_run(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train_in(tmp_path / name, seed=seed, samples=60)
    assert log_of(tmp_path / "a") == log_of(tmp_path / "b")
    assert log_of(tmp_path / "a") != log_of(tmp_path / "c")


def test_a_run_is_never_overwritten(tmp_path):
    train_in(tmp_path, samples=30)
    before = (tmp_path / MODEL_FILE).read_bytes()
    with pytest.raises(ValueError, match="holds a run already: pass --resume"):
        train_in(tmp_path, samples=30)
    assert (tmp_path / MODEL_FILE).read_bytes() == before


def test_a_model_of_another_origin_is_not_overwritten(tmp_path):
    (tmp_path / MODEL_FILE).write_bytes(b"weights of a friend")
    with pytest.raises(ValueError, match="which a run would replace: pass another --out"):
        train_in(tmp_path, samples=30)
    assert (tmp_path / MODEL_FILE).read_bytes() == b"weights of a friend"


def test_a_run_resumes_on_its_own_captions_only(tmp_path, monkeypatch):
    train_in(tmp_path, samples=30)
    monkeypatch.setattr(Pairs, "fingerprint", lambda self: "another set")
    with pytest.raises(ValueError, match="does not hold the captions that the run"):
        train_in(tmp_path, resume=True)


def test_resuming_without_a_run_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no run to resume"):
        train_in(tmp_path / "nothing", resume=True)


def test_a_model_file_is_not_a_state(tmp_path):
    train_in(tmp_path, samples=30)
    (tmp_path / MODEL_FILE).replace(tmp_path / "state.safetensors")
    with pytest.raises(ValueError, match="is not the state of a run"):
        train_in(tmp_path, resume=True)


def finite(path: Path) -> bool:
    return all(tensor.isfinite().all() for tensor in read_tensors(path).tensors.values())


@pytest.mark.parametrize("log_every", [1, 100])
def test_nan_loss_stops_the_run_and_keeps_the_checkpoint(log_every, tmp_path, monkeypatch):
    """Step 4 ruins the weights. The next checkpoint is due after step 6, which is not logged in one of the cases."""
    monkeypatch.setattr(CLIP, "clamp_logit_scale", ruins_the_weights(at=4))
    with pytest.raises(ValueError, match=r"^the loss is nan at step [56]: lower learning_rate=0.001 and start again"):
        train_in(tmp_path, log_every=log_every)
    _, _, state, _ = Run(tmp_path).load()
    assert state["step"] == 3 and finite(tmp_path / "state.safetensors") and finite(tmp_path / MODEL_FILE)


def test_nan_weights_are_not_saved_after_a_finite_loss(tmp_path, monkeypatch):
    """Step 6 ruins the weights, and a checkpoint is due after it: the loss that is known is that before the step."""
    monkeypatch.setattr(CLIP, "clamp_logit_scale", ruins_the_weights(at=6))
    with pytest.raises(ValueError, match=r"^the loss is \d\.\d+ at step 6, but visual.proj holds numbers that are not"):
        train_in(tmp_path)
    _, _, state, _ = Run(tmp_path).load()
    assert state["step"] == 3 and finite(tmp_path / "state.safetensors") and finite(tmp_path / MODEL_FILE)


def ruins_the_weights(at: int):
    """In place of the last line of a step: after so many steps it makes a weight NaN."""
    steps = itertools.count(1)

    def clamp_logit_scale(model):
        if next(steps) == at:
            model.visual.proj.data[0, 0] = math.nan

    return clamp_logit_scale


def test_a_rate_far_too_high_ends_in_words(tmp_path):
    with pytest.raises(ValueError, match=r"the loss is .* at step .*: lower learning_rate"):
        train_in(tmp_path, "adamw", learning_rate=1e30, warmup=0.5)
    assert all(finite(path) for path in tmp_path.glob("*.safetensors"))


def test_an_incomplete_log_line_is_forgotten(tmp_path):
    run = Run(tmp_path)
    run.create()
    run.append({"step": 1})
    run.append({"step": 2})
    with run.log_path.open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "lo')
    assert run.read_log() == [{"step": 1}, {"step": 2}]
    run.cut_log(1)
    assert json.loads(run.log_path.read_text(encoding="utf-8")) == {"step": 1}


def test_moments_of_other_parameters_are_refused():
    model = CLIP(CLIPConfig.preset("tiny", vocab_size=600))
    first = build_optimizers(model, "adamw", 1e-3, 0.2, 0.02)[0].param_groups[0]["params"][0]
    tensors = {"optimizer.0.0.step": torch.tensor(1.0), "optimizer.0.0.exp_avg": torch.zeros_like(first)}
    restore_optimizers(build_optimizers(model, "adamw", 1e-3, 0.2, 0.02), tensors)
    first.requires_grad_(False)
    for wrong in (tensors, {"optimizer.0.999.step": torch.tensor(1.0)}):
        with pytest.raises(ValueError, match="moments are not of this model's trainable parameters: freeze what was"):
            restore_optimizers(build_optimizers(model, "adamw", 1e-3, 0.2, 0.02), wrong)


def test_moments_of_other_optimisers_are_refused():
    model = CLIP(CLIPConfig.preset("tiny", vocab_size=600))
    optimizers = build_optimizers(model, "muon", 1e-3, 0.2, 0.02)
    of_adamw = {"optimizer.0.0.exp_avg": torch.zeros(2)}
    with pytest.raises(ValueError, match=r"moments of 1 optimisers, not of 2: .* start a new run"):
        restore_optimizers(optimizers, of_adamw)


def test_moments_of_a_muon_for_each_block_are_read():
    """Earlier versions saved optimizer.1, optimizer.2, ... with the four matrices of a block each."""
    model = CLIP(CLIPConfig.preset("tiny", vocab_size=600))
    optimizers = build_optimizers(model, "muon", 1e-3, 0.2, 0.02)
    matrices = optimizers[1].param_groups[0]["params"]
    saved = {"optimizer.0.0.step": torch.tensor(5.0)}
    for i, matrix in enumerate(matrices):
        saved[f"optimizer.{1 + i // 4}.{i % 4}.momentum_buffer"] = torch.full(matrix.shape, float(i))
    restore_optimizers(optimizers, dict(sorted(saved.items(), reverse=True)))
    assert len(matrices) == 24
    assert [optimizers[1].state[matrix]["momentum_buffer"].unique().item() for matrix in matrices] == list(range(24))
