"""On a CUDA GPU: the same numbers as on a CPU, and the same run. `make gpu` begins with these.

MINCLIP_TEST_DEVICE=cpu runs the same bodies on a CPU, where they must hold, too: so they do not rot where no GPU is.
"""

import os
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest
import torch

from minclip import checkpoint
from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.batches import Pairs, make_batch
from minclip.engine.compiled import with_compiled_encoders
from minclip.engine.devices import choose_device
from minclip.engine.gradients import backward
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.experiments.keeper import Keeper
from minclip.experiments.loop import train
from minclip.experiments.runs import Run
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer
from minclip.transformer import attention, causal_mask
from minclip.zero_shot import encode_pixels

pytestmark = pytest.mark.gpu

TOKENIZER = BPETokenizer([], context_length=12)
CONFIG = CLIPConfig(256, 32, 8, 128, 2, 64, 1, 2, context_length=12, vocab_size=TOKENIZER.vocab_size)
TRAIN = TrainConfig(samples=160, batch_size=16, log_every=1, save_every=5, patch_dropout=0.25)
CPU = replace(choose_device("cpu", torch.float32), cores=1)
HALVES = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 2e-2)])


@pytest.fixture
def device(monkeypatch):
    """The GPU, in float32 that is float32: convolutions would round to TF32, products where somebody wants it."""
    name = os.environ.get("MINCLIP_TEST_DEVICE", "cuda")
    if name == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA GPU is here: these run where `make gpu` does")
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    yield replace(choose_device(name, torch.float32), cores=1)
    torch.set_float32_matmul_precision(before)


def new_model(device) -> CLIP:
    torch.manual_seed(0)
    return CLIP(CONFIG).to(device.device)


def some_pairs(device, n: int = 40, captions: int = 2) -> Pairs:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(1, 500, (n * captions, 12), generator=generator).int()
    ends = torch.randint(4, 10, (n * captions, 1), generator=generator)
    place = torch.arange(12)
    tokens = tokens.where(place < ends, torch.where(place == ends, CONFIG.vocab_size - 1, 0)).int()
    pixels = torch.randint(0, 256, (n, 32, 32, 3), generator=generator).to(torch.uint8)
    return Pairs(pixels.to(device.device), tokens, captions * torch.arange(n), torch.full((n,), captions))


def a_batch(device):
    return make_batch(some_pairs(device), TRAIN, 0, CONFIG, device)


def adamw_and_muon(model):
    return build_optimizers(model, "muon", 1e-3, 0.2, 0.02)


def gradients_of(model, device, **more):
    loss = backward(model, a_batch(device), device, **more)
    for name, p in model.named_parameters():
        assert p.grad.stride() == p.stride(), f"{name}: a fused optimiser reads both as they lie in memory"
    return float(loss), {name: p.grad.cpu() for name, p in model.named_parameters()}


def assert_same_gradients(found, expected, tolerance=1e-4):
    for name, gradient in expected.items():
        assert gradient.abs().max() > 0, name
        assert (found[name] - gradient).abs().max() <= tolerance * gradient.abs().max(), name


def train_in(folder, device, resume=False, **changes):
    """A whole run of ten steps; returns the losses that its log holds."""
    run, model, config = Run(folder), new_model(device), replace(TRAIN, **changes)
    if resume:
        model, _, done, _ = run.load()
        config = TrainConfig.from_dict(done["train_config"])
    keeper = Keeper(run, TOKENIZER, resume=resume, show_progress=False)
    train(model, some_pairs(device), config, device, keeper)
    return [entry["loss"] for entry in run.read_log()]


@contextmanager
def nobody_waits(device):
    """Inside, what would wait for a GPU is an error. On a CPU nothing does."""
    if device.device.type == "cuda":
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        if device.device.type == "cuda":
            torch.cuda.set_sync_debug_mode("default")


def test_a_batch_is_the_same_on_every_device(device):
    here, there = a_batch(device), a_batch(CPU)
    assert here.pixels.device.type == here.tokens.device.type == here.kept.device.type == device.device.type
    length = there.tokens.shape[1]  # on a GPU rounded up: zeros follow, which are never read
    assert here.tokens[:, :length].tolist() == there.tokens.tolist() and not here.tokens[:, length:].any()
    assert here.kept.tolist() == there.kept.tolist()
    assert here.pixels.shape == there.pixels.shape
    assert (here.pixels.cpu() - there.pixels).abs().max() < 1e-3


def test_features_and_gradients_are_the_cpus(device):
    here, there = new_model(device), new_model(CPU)
    batches = a_batch(device), a_batch(CPU)
    for encode, part in (("encode_image", "pixels"), ("encode_text", "tokens")):
        with torch.no_grad():
            found, expected = (
                getattr(model, encode)(getattr(batch, part)).cpu()
                for model, batch in zip((here, there), batches, strict=True)
            )
        assert found.shape == expected.shape == (16, 256)
        assert (found - expected).abs().max() < 1e-4 * expected.abs().max()
    (loss, gradients), (expected_loss, expected_gradients) = gradients_of(here, device), gradients_of(there, CPU)
    assert loss == pytest.approx(expected_loss, abs=1e-4)
    assert_same_gradients(gradients, expected_gradients)


def test_bfloat16_is_near_float32(device):
    half = replace(choose_device(device.device.type, torch.bfloat16), cores=1)
    loss, _ = gradients_of(new_model(device), half)
    expected, _ = gradients_of(new_model(device), device)
    assert loss != expected and loss == pytest.approx(expected, abs=0.05)


def written_out(query, key, value, mask):
    """Equation 1 of Vaswani et al. 2017 in float64."""
    query, key, value = (x.double() for x in (query, key, value))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    return (scores if mask is None else scores + mask.double()).softmax(dim=-1) @ value


@HALVES
@pytest.mark.parametrize("kind", ["none", "causal", "a row each"])
def test_attention_is_its_equation(device, kind, dtype, tolerance):
    torch.manual_seed(0)
    queries = (
        1 if kind == "a row each" else 7
    )  # as engine/features.py asks: one query a row, of which it knows what it may see
    query, key, value = (torch.randn(3, 2, n, 64, device=device.device).to(dtype) for n in (queries, 7, 7))
    causal = causal_mask(7, device.device)
    mask = {"none": None, "causal": causal, "a row each": causal[torch.tensor([0, 6, 3])][:, None, None]}[kind]
    inputs = [x.clone().requires_grad_() for x in (query, key, value)]
    exact = [x.double().requires_grad_() for x in (query, key, value)]
    found, expected = attention(*inputs, mask), written_out(*exact, mask)
    assert found.shape == expected.shape == (3, 2, queries, 64) and found.dtype == dtype
    assert (found.double() - expected).abs().max() < tolerance * expected.abs().max()
    direction = torch.randn(expected.shape, device=device.device)
    gradients = torch.autograd.grad(found, inputs, direction.to(dtype))
    for ours, right in zip(gradients, torch.autograd.grad(expected, exact, direction.double()), strict=True):
        assert (ours.double() - right).abs().max() < 2 * tolerance * right.abs().max()


def test_micro_batches_give_the_gradients_of_the_whole_batch(device):
    loss, whole = gradients_of(new_model(device), device)
    same_loss, parts = gradients_of(new_model(device), device, micro_batch=5)
    assert same_loss == pytest.approx(loss, abs=1e-4)
    assert_same_gradients(parts, whole)


def test_a_step_waits_for_nothing(device):
    model, pairs = new_model(device), some_pairs(device)
    optimizers = adamw_and_muon(model)
    for step in range(6):
        with nobody_waits(device) if step >= 3 else nullcontext():  # the first ones take memory, which does wait
            value = train_step(model, optimizers, make_batch(pairs, TRAIN, step, CONFIG, device), device)
    assert torch.isfinite(value)


def test_a_saved_model_goes_to_either_device(device, tmp_path):
    model = new_model(device).eval()
    checkpoint.save(model, TOKENIZER, tmp_path / "model.safetensors")
    pixels = some_pairs(CPU).pixels[:5].numpy()
    expected = encode_pixels(model, pixels).cpu()
    for name in ("cpu", device.device.type):
        loaded, _, _ = checkpoint.load(tmp_path / "model.safetensors", device=name)
        assert loaded.logit_scale.device.type == name
        for key, tensor in model.state_dict().items():
            assert torch.equal(loaded.state_dict()[key].cpu(), tensor.cpu()), key
        assert (encode_pixels(loaded, pixels).cpu() - expected).abs().max() < 1e-4


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_stopped_run_goes_on_unchanged(device, optimizer, tmp_path, monkeypatch):
    losses = train_in(tmp_path / "whole", device, optimizer=optimizer)
    assert losses[-1] < losses[0]

    class Stop(Exception):
        pass

    save = Run.save

    def save_and_stop(self, *rest):
        save(self, *rest)
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(Run, "save", save_and_stop)
        with pytest.raises(Stop):
            train_in(tmp_path / "stopped", device, optimizer=optimizer)
    assert train_in(tmp_path / "stopped", device, resume=True) == pytest.approx(losses, abs=1e-3)


def test_one_seed_is_one_run(device, tmp_path):
    losses = [train_in(tmp_path / name, device) for name in ("one", "two")]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3) and len(losses[0]) == 10
    assert train_in(tmp_path / "other", device, seed=1) != pytest.approx(losses[0], abs=1e-3)


@pytest.mark.slow
def test_compiled_encoders_train_alike_beside_the_plain_model(device, tmp_path):
    plain, compiled = (
        train_in(tmp_path / str(kind), device, optimizer="adamw", compiled=kind) for kind in (False, True)
    )
    assert compiled == pytest.approx(plain, abs=1e-4)
    model, _, _ = checkpoint.load(tmp_path / "True", device="cpu")
    assert list(model.state_dict()) == list(CLIP(CONFIG).state_dict())
    gradients = {}
    for kind in (False, True):
        model = new_model(device)
        _, gradients[kind] = gradients_of(with_compiled_encoders(model, device) if kind else model, device)
        assert "encode_image" not in vars(model), "the model itself is compiled"
    assert_same_gradients(gradients[True], gradients[False], tolerance=1e-3)
