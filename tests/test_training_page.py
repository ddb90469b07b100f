"""The page (training.py), whose loop a lesson prints, and what trains in its place (engine/step.py): the same steps."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from minclip.config import CLIPConfig
from minclip.engine.batches import Batch
from minclip.engine.devices import choose_device
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step as engines_step
from minclip.model import CLIP
from minclip.optim import adamw
from minclip.training import guessing_loss, print_loss, train, train_step

CONFIG = CLIPConfig(16, 16, 8, 64, 2, 64, 1, 2, context_length=8, vocab_size=40)
CPU = choose_device("cpu", torch.float32)


def new_model() -> CLIP:
    torch.manual_seed(0)
    return CLIP(CONFIG)


def batches(count: int, pairs: int = 6):
    generator = torch.Generator().manual_seed(1)
    for _ in range(count):
        tokens = torch.randint(1, 39, (pairs, 8), generator=generator)
        tokens[:, 5], tokens[:, 6:] = 39, 0  # EOT, then padding
        yield torch.randn(pairs, 3, 16, 16, generator=generator), tokens


class TinyModel(nn.Module):
    """Picture and text are two numbers each, which are their features. A weight multiplies those of the pictures."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.eye(2))
        self.logit_scale = nn.Parameter(torch.tensor(0.0))  # a scale of 1

    def encode_image(self, pixels):
        return pixels @ self.weight

    def encode_text(self, tokens):
        return tokens

    def clamp_logit_scale(self):
        pass


def test_one_step_is_gradient_descent_by_hand():
    """Two pairs whose cosines are 1 and 0: a softmax gives the right one p = e / (e + 1) = 0.731, the loss is -ln p.

    The loss is a mean over two pairs: its derivative is -(1 - p) / 2 in each right cosine, (1 - p) / 2 in each wrong
    one. The scale multiplies two right cosines of 1. The weight's off-diagonal numbers are the wrong cosines.
    """
    model, p = TinyModel(), math.e / (math.e + 1)
    loss = train_step(model, torch.optim.SGD(model.parameters(), lr=0.1), torch.eye(2), torch.eye(2))
    assert loss.item() == pytest.approx(-math.log(p))
    assert model.logit_scale.item() == pytest.approx(0.1 * (1 - p))
    away = -0.1 * (1 - p) / 2
    assert model.weight.flatten().tolist() == pytest.approx([1.0, away, away, 1.0])


def test_the_loss_is_printed_beside_that_of_guessing(capsys):
    losses = train(new_model(), batches(5), steps=5)
    print_loss(200, 1.5, 6)
    assert capsys.readouterr().out.splitlines() == [
        f"step 0: loss {losses[0]:.3f} (guessing: 1.792)",
        "step 200: loss 1.500 (guessing: 1.792)",
    ]


def test_each_step_is_told_with_its_loss():
    told = []
    losses = train(new_model(), batches(3), steps=3, after_step=lambda *said: told.append(said))
    assert told == [(step, losses[step], 6) for step in range(3)]


def test_the_loops_settings_suit_small_models():
    said = train(new_model(), batches(3), steps=3, learning_rate=1e-3, weight_decay=0.2, warmup=0)
    assert train(new_model(), batches(3), steps=3) == said


def test_the_loop_hands_the_precision_on():
    full = train(new_model(), batches(2), steps=2)
    half = train(new_model(), batches(2), steps=2, precision=torch.autocast("cpu", torch.bfloat16))
    assert half != full and half == pytest.approx(full, abs=0.1)


@pytest.mark.parametrize(("cores", "micro_batch"), [(1, None), (3, None), (1, 2)])
def test_a_step_in_parts_is_the_pages_step(cores, micro_batch):
    """The same loss, the same gradients, and AdamW moves along them."""
    page, engine, device = new_model(), new_model(), replace(CPU, cores=cores)
    optimizer, optimizers = adamw(page, 1e-4, 0.2), build_optimizers(engine, "adamw", 1e-4, 0.2, 0.02)
    pixels, tokens = next(batches(1))
    expected = train_step(page, optimizer, pixels, tokens)
    found = engines_step(engine, optimizers, Batch(pixels, tokens), device, micro_batch)
    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
    largest = max(p.grad.abs().max() for p in page.parameters())
    for (name, p), q in zip(page.named_parameters(), engine.parameters(), strict=True):
        assert (p.grad - q.grad).abs().max() <= 1e-5 * largest, name
        assert (p - q).abs().max() <= 2.1e-4, name  # AdamW's first step is the rate times the gradient's sign
    assert not torch.equal(engine.visual.proj, new_model().visual.proj)


def test_a_model_learns_one_batch_by_heart():
    model, (batch,) = new_model(), batches(1)
    losses = train(model, [batch] * 60, steps=60, learning_rate=3e-3, warmup=5)
    assert losses[-1] < 0.1 < losses[0]
    assert not model.training


def test_the_rate_follows_its_schedule_the_temperature_its_limits(monkeypatch):
    rates = []

    def noted(model, optimizer, pixels, tokens, precision):
        rates.append(optimizer.param_groups[0]["lr"])
        return torch.tensor(0.0)

    monkeypatch.setattr("minclip.training.train_step", noted)
    train(new_model(), batches(8), steps=8, learning_rate=1.0, warmup=2)
    assert rates[:2] == [0.5, 1.0] and rates[2:] == sorted(rates[2:], reverse=True) and rates[-1] < 0.1
    monkeypatch.undo()
    model = new_model()
    model.logit_scale.data.fill_(10.0)
    train_step(model, adamw(model, 1e-3, 0.2), *next(batches(1)))
    assert model.logit_scale.item() == pytest.approx(math.log(100))


def test_the_asked_precision_is_for_the_encoders_alone():
    model = new_model()
    twin, (pixels, tokens) = copy.deepcopy(model), next(batches(1))
    full = train_step(model, adamw(model, 1e-3, 0.2), pixels, tokens)
    half = train_step(twin, adamw(twin, 1e-3, 0.2), pixels, tokens, torch.autocast("cpu", torch.bfloat16))
    assert half.dtype == torch.float32 and half != full and half.item() == pytest.approx(full.item(), abs=0.05)


def test_batches_that_end_too_soon_are_said():
    with pytest.raises(ValueError, match="batches ended after 2 of 5 steps"):
        train(new_model(), batches(2), steps=5)


def test_guessing_among_one_pair_is_no_loss():
    assert guessing_loss(1) == 0
    with pytest.raises(ValueError, match="pairs=0 must be at least 1"):
        guessing_loss(0)
