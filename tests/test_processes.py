"""Several processes, started by torchrun, train as one does: loss, gradients, log and checkpoint."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from minclip.engine import processes
from minclip.engine.processes import agree, gather, is_first, own_rows, sum_over_processes
from minclip.formats.weights_files import read_tensors

ROOT = Path(__file__).parents[1]
GRADIENTS = """
import os, sys, torch
from dataclasses import replace
from minclip.engine import processes
from minclip.engine.batches import Pairs, make_batch
from minclip.config import CLIPConfig
from minclip.engine.devices import choose_device
from minclip.engine.gradients import backward
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.config import TrainConfig

config = CLIPConfig(128, 16, 8, 64, 2, 64, 1, 2, context_length=8, vocab_size=40)
generator = torch.Generator().manual_seed(0)
tokens = torch.randint(1, 39, (20, 8), generator=generator)
tokens[:, 5] = 39
pixels = torch.randint(0, 256, (10, 16, 16, 3), generator=generator).to(torch.uint8)
pairs = Pairs(pixels, tokens.int(), 2 * torch.arange(10), torch.full((10,), 2))
device = replace(choose_device("cpu", torch.float32), cores=1)
with processes.joined():
    result = {}
    cases = ((8, None, 0.0, "-"), (7, None, 0.5, "-"), (7, 2, 0.0, "-"), (7, 2, 0.0, "visual"), (8, None, 0.0, "text"))
    cases += ((8, None, 0.0, ("text", "visual")),)
    shapes, logits = [], processes.similarity_logits
    processes.similarity_logits = lambda *args: shapes.append(list((made := logits(*args)).shape)) or made
    for batch_size, micro_batch, dropout, frozen, loss_function in [
        *((*case, clip_loss) for case in cases), *((*case, lambda *args: clip_loss(*args)) for case in cases)
    ]:
        torch.manual_seed(0)
        model = CLIP(config).double()  # in float32 other parts round otherwise, by up to 1.2e-6
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(not name.startswith(frozen))
        train = TrainConfig(batch_size=batch_size, samples=100, patch_dropout=dropout)
        for step in (0, 1):  # the second replaces the gradients of the first
            batch = make_batch(pairs, train, step, config, device)
            loss = backward(model, batch, device, micro_batch, loss_function)
        case = f"{'clip_loss' if loss_function is clip_loss else 'other'} {batch_size} {micro_batch} {dropout} {frozen}"
        result[case] = {"loss": loss} | {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    result["logits"] = shapes
    torch.save(result, f"{sys.argv[1]}/{processes.world_size()}-{processes.rank()}.pt")
os._exit(0)  # as minclip.cli.__main__ does
"""


IN_FLOAT32 = """  # whatever the CPU has: in bfloat16 parts of a batch round otherwise than the whole
import minclip.engine.devices, minclip.engine.muon
minclip.engine.devices.multiplies_bfloat16 = minclip.engine.muon.multiplies_bfloat16 = lambda device: None
from minclip.cli.__main__ import run
run()
"""


def torchrun(processes: int, *command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Runs a Python command in that many processes."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    launcher.append("--local-addr=127.0.0.1")  # else the name of the machine is looked up
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*launcher, *map(str, command)], env=environment, cwd=cwd, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def gradients(tmp_path_factory):
    """{(processes, rank): {case: {name: tensor}}} of one and of three processes."""
    folder = tmp_path_factory.mktemp("gradients")
    (folder / "script.py").write_text(GRADIENTS, encoding="utf-8")
    for number in (1, 3):
        done = torchrun(number, folder / "script.py", folder)
        assert done.returncode == 0, done.stderr[-2000:]
    return {
        (n, rank): torch.load(folder / f"{n}-{rank}.pt", weights_only=True)
        for n, rank in ((1, 0), (3, 0), (3, 1), (3, 2))
    }


CASES = ["8 None 0.0 -", "7 None 0.5 -", "7 2 0.0 -", "7 2 0.0 visual", "8 None 0.0 text"]


@pytest.mark.parametrize("case", [*CASES, "8 None 0.0 ('text', 'visual')"])
@pytest.mark.parametrize(("loss", "most"), [("clip_loss", 1e-6), ("other", 1e-12)])  # its logits are float32
def test_every_process_has_the_whole_batchs_gradients(loss, most, case, gradients):
    """Shares of 2 and 3 rows for three processes; with patch dropout, micro-batches, frozen encoders."""
    alone = gradients[1, 0][f"{loss} {case}"]
    for rank in range(3):
        shared = gradients[3, rank][f"{loss} {case}"]
        assert shared.keys() == alone.keys() and "logit_scale" in alone
        assert any(name.startswith("visual") for name in alone) != ("visual" in case)
        for name, expected in alone.items():
            assert (shared[name] - expected).abs().max() <= most * max(1.0, expected.abs().max().item()), name


def test_each_process_computes_the_logits_of_its_rows(gradients):
    for rank, rows in enumerate((2, 3, 3)):
        assert gradients[3, rank]["logits"][:4] == [[rows, 8]] * 4, "pictures and texts of two steps"


def test_two_processes_leave_the_files_of_one(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    generator = torch.Generator().manual_seed(0)
    from PIL import Image

    rows = ["file,caption"]
    for i in range(30):
        colour = tuple(torch.randint(0, 256, (3,), generator=generator).tolist())
        Image.new("RGB", (32, 32), colour).save(pictures / f"{i}.png")
        rows += [f"{i}.png,a picture of colour {colour[0]} and {colour[1]}", f"{i}.png,number {i}"]
    (pictures / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    script = tmp_path / "in_float32.py"
    script.write_text(IN_FLOAT32, encoding="utf-8")
    command = [script, "train", "--data", pictures, "--config", "tiny", "--device", "cpu"]
    command += ["--samples", "60", "--batch", "10"]
    logs, models = [], []
    for number in (1, 2):
        out = tmp_path / f"run-{number}"
        done = torchrun(number, *command, "--out", out, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.count("Ask it yourself") == 1
        logs.append([json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()])
        models.append(read_tensors(out / "model.safetensors").tensors)
    for alone, shared in zip(*logs, strict=True):
        assert alone.keys() == shared.keys() and alone["step"] == shared["step"]
        assert alone.get("loss", 0) == pytest.approx(shared.get("loss", 0), abs=1e-4)
    assert models[0].keys() == models[1].keys()
    refused = torchrun(2, *command, "--out", tmp_path / "run-2", cwd=tmp_path)
    assert refused.returncode != 0 and "holds a run already" in refused.stderr


@pytest.mark.parametrize(("gpus", "backend"), [(0, "gloo"), (1, "gloo"), (2, "cpu:gloo,cuda:nccl")])
def test_processes_have_their_gpus_or_the_cpu(gpus, backend, monkeypatch):
    told = []
    for name, value in (("WORLD_SIZE", "2"), ("LOCAL_WORLD_SIZE", "2"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "set_device", told.append)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: True)
    monkeypatch.setattr(torch.distributed, "init_process_group", told.append)
    monkeypatch.setattr(torch.distributed, "destroy_process_group", lambda: None)
    with processes.joined():
        pass
    assert told == ([1, backend] if gpus == 2 else [backend])


@pytest.mark.parametrize(
    ("has", "asked", "said"),
    [
        ("nothing", None, None), ("nothing", "cpu", None), ("mps", "cpu", None), ("one gpu", "cpu", None),
        ("two gpus", None, None), ("two gpus", "cuda", None),
        ("one gpu", None, "2 processes cannot share this machine's GPUs, which are 1"),
        ("one gpu", "cuda", "start as many with torchrun --nproc-per-node, or train on --device cpu"),
        ("two gpus", "cuda:1", "--device cuda:1 is one device, and 2 processes were started: leave it out"),
        ("mps", None, r"2 processes cannot train on Apple's GPU \(mps\)"),
        ("mps", "mps", "Start one process, without torchrun"),
    ],
)  # fmt: skip
def test_processes_never_share_a_device(has, asked, said, monkeypatch):
    gpus = {"one gpu": 1, "two gpus": 2}.get(has, 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has == "mps")
    assert processes.own_device("cuda:1") == "cuda:1", "a process alone takes what it likes"
    monkeypatch.setattr(processes, "world_size", lambda: 2)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    if said is None:
        assert processes.own_device(asked) == asked
    else:
        with pytest.raises(ValueError, match=said):
            processes.own_device(asked)


def test_one_process_on_each_machine_may_name_its_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(processes, "world_size", lambda: 2)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "1")
    assert processes.own_device("cuda:1") == "cuda:1"


def test_whoever_holds_another_share_is_told(monkeypatch):
    monkeypatch.setattr(processes, "world_size", lambda: 3)
    monkeypatch.setattr(processes, "rank", lambda: 1)
    with pytest.raises(ValueError, match="holds 2 rows, its share of batch_size=8 in 3 processes is 3"):
        gather(torch.zeros(2, 4), batch_size=8)


def test_a_process_alone_meets_nobody():
    rows = torch.arange(6).view(3, 2)
    whole, own = gather(rows, batch_size=3)
    assert torch.equal(whole, rows) and own == slice(0, 3)
    assert own_rows(5) == slice(0, 5) and is_first() and agree("out") == "out"
    assert sum_over_processes([rows]) == [rows]


@pytest.mark.parametrize("rows", [3, 7, 8])
def test_shares_miss_no_row_and_differ_by_one(rows, monkeypatch):
    monkeypatch.setattr(processes, "world_size", lambda: 3)
    shares = []
    for rank in range(3):
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        shares.append(range(rows)[own_rows(rows)])
    assert [row for share in shares for row in share] == list(range(rows))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    with pytest.raises(ValueError, match="batch_size=2 is too small for 3 processes"):
        own_rows(2)
