"""A step that reads less: batches, features of smaller pictures, the last steps, what is refused, a resumed run."""

from dataclasses import replace

import pytest
import torch

from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.batches import Pairs, make_batch
from minclip.engine.devices import Device
from minclip.engine.features import image_features
from minclip.engine.gradients import backward
from minclip.experiments.keeper import Keeper
from minclip.experiments.loop import train
from minclip.experiments.preparation import fit_what_is_read, new_model
from minclip.experiments.runs import Run
from minclip.formats.resizing import resized
from minclip.masking import reads_all
from minclip.tokenizer import BPETokenizer

CPU = Device(torch.device("cpu"), None, "a test")
CONFIG = CLIPConfig(16, 16, 4, 32, 2, 32, 1, 1, context_length=12, vocab_size=514, vision_head_width=16)
RESNET = replace(CONFIG, patch_size=None, image_size=32, vision_layers=(1, 1, 1, 1), vision_width=8)
LESS = TrainConfig(batch_size=4, samples=40, small_pictures=8, short_texts=5, unmasked_tuning=0.2)


@pytest.fixture
def pairs():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (6, 16, 16, 3), generator=generator, dtype=torch.uint8)
    tokens = torch.tensor([[512, *range(1, 1 + n), 513, *[0] * (10 - n)] for n in (2, 3, 4, 6, 8, 10)]).int()
    return Pairs(pixels, tokens, torch.arange(6), torch.ones(6, dtype=torch.long))


def test_steps_read_less_and_the_last_ones_all(pairs):
    batches = [make_batch(pairs, LESS, step, CONFIG, CPU) for step in range(10)]
    assert [batch.pixels.shape[-1] for batch in batches] == [8] * 8 + [16] * 2
    assert all(batch.tokens.shape[1] <= 5 for batch in batches[:8])
    assert all((batch.tokens == 513).any(dim=1).all() for batch in batches)
    assert max(batch.tokens.shape[1] for batch in batches[8:]) > 5


def test_the_same_pictures_are_drawn_whatever_is_read(pairs):
    whole = TrainConfig(batch_size=4, samples=40)
    masked = replace(whole, patch_dropout=0.5, unmasked_tuning=0.1)
    for step in (0, 9):
        assert torch.equal(*(make_batch(pairs, config, step, CONFIG, CPU).pixels for config in (whole, masked)))
    assert make_batch(pairs, masked, 8, CONFIG, CPU).kept.shape == (4, 8)
    assert make_batch(pairs, masked, 9, CONFIG, CPU).kept is None


def test_patches_of_small_pictures_are_left_out(pairs):
    both = replace(LESS, patch_dropout=0.5)
    assert make_batch(pairs, both, 0, CONFIG, CPU).kept.shape == (4, 2)  # of 2 · 2 patches


def test_small_pictures_are_read_as_by_a_resized_model():
    model, pixels = new_model(CONFIG, 0), torch.randn(3, 3, 8, 8)
    assert torch.allclose(image_features(model, pixels), resized(model, image_size=8).encode_image(pixels), atol=1e-5)


def test_small_pictures_train_all_positions(pairs):
    model = new_model(CONFIG, 0)
    backward(model, make_batch(pairs, LESS, 0, CONFIG, CPU), CPU)
    assert (model.visual.embedding.positional_embedding.grad.abs().sum(dim=1) > 0).all()


def test_cores_and_parts_read_small_pictures_alike(pairs):
    losses = []
    for cores, part in ((1, None), (2, None), (1, 2)):
        model = new_model(CONFIG, 0)
        batch = make_batch(pairs, replace(LESS, patch_dropout=0.5), 0, CONFIG, CPU)
        losses.append(backward(model, batch, replace(CPU, cores=cores), part).item())
    assert losses == pytest.approx([losses[0]] * 3, abs=1e-5)


def test_a_resumed_run_reads_what_it_would_have(pairs, tmp_path):
    tokenizer, config = BPETokenizer([], 12), replace(LESS, log_every=1, save_every=3)

    def killed(entry):
        if entry["step"] == 7:
            raise KeyboardInterrupt

    whole, run = new_model(CONFIG, 0), Run(tmp_path / "parts")
    train(whole, pairs, config, CPU, Keeper(Run(tmp_path / "whole"), tokenizer, show_progress=False))
    with pytest.raises(KeyboardInterrupt):
        train(new_model(CONFIG, 0), pairs, config, CPU, Keeper(run, tokenizer, show_progress=False, on_log=killed))
    model = run.load()[0]
    train(model, pairs, config, CPU, Keeper(run, tokenizer, resume=True, show_progress=False))
    finals = [torch.cat([weight.flatten() for weight in one.parameters()]) for one in (whole, model)]
    assert torch.equal(*finals)


@pytest.mark.parametrize(
    ("config", "model", "words"),
    [
        (
            {"small_pictures": 16},
            CONFIG,
            "small_pictures=16 must be smaller than the model's 16 pixels: from 4 to 12",
        ),
        ({"small_pictures": 6}, CONFIG, "in steps of 4"),
        ({"short_texts": 12}, CONFIG, "short_texts=12 must be smaller than the model's 12 tokens: from 3 to 11"),
        ({"small_pictures": 16}, RESNET, "a ResNet reads pictures of one size: leave out"),
    ],
)
def test_sizes_that_cannot_be_read_are_refused(config, model, words, pairs, tmp_path):
    keeper = Keeper(Run(tmp_path / "run"), BPETokenizer([], 12), show_progress=False)
    with pytest.raises(ValueError, match=words):
        train(new_model(model, 0), pairs, TrainConfig(batch_size=4, samples=40, **config), CPU, keeper)


def test_a_changed_encoder_reads_no_small_pictures(pairs, tmp_path):
    model = new_model(CONFIG, 0)
    model.visual.register_forward_hook(lambda *_: None)
    keeper = Keeper(Run(tmp_path / "run"), BPETokenizer([], 12), show_progress=False)
    with pytest.raises(ValueError, match="is read by minclip's own ViT alone"):
        train(model, pairs, LESS, CPU, keeper)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"short_texts": 2}, "short_texts=2 must be a whole number, at least 3"),
        ({"small_pictures": 0}, "small_pictures=0 must be a whole number, at least 1"),
        ({"unmasked_tuning": 1.5, "patch_dropout": 0.5}, "unmasked_tuning=1.5 must be a number from 0 to 1"),
        ({"unmasked_tuning": 0.1}, "all steps do: set patch_dropout, small_pictures or short_texts"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        TrainConfig(**given)


def test_the_learners_own_step_reads_everything(monkeypatch):
    monkeypatch.setattr("minclip.experiments.preparation.is_replaced", lambda: True)
    left_out = {}
    config = fit_what_is_read(new_model(CONFIG, 0), replace(LESS, patch_dropout=0.5), left_out)
    assert (config.patch_dropout, config.small_pictures) == (0, None)
    assert (config.short_texts, config.unmasked_tuning) == (5, 0.2)  # texts are cut before anybody reads them
    assert set(left_out) == {"patch_dropout", "small_pictures"}


def test_the_last_steps_are_counted():
    assert [sum(reads_all(step, 40, last) for step in range(40)) for last in (0.0, 0.05, 0.2, 1.0)] == [0, 2, 8, 40]
