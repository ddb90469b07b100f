"""Twins in a batch: counted as the batches are drawn, and what they do to the loss."""

import math

import pytest
import torch

from minclip.config import CLIPConfig, TrainConfig
from minclip.engine import twins
from minclip.engine.batches import Pairs, make_batch
from minclip.engine.devices import choose_device
from minclip.engine.twins import count_twins, lowest_loss, times_in_batch, twins_lines
from minclip.loss import clip_loss


def some_pairs(captions, same=None):
    """A picture for each caption; equal numbers are equal captions."""
    tokens = torch.tensor(captions)[:, None].expand(-1, 4).int().contiguous()
    n = len(captions)
    return Pairs(torch.zeros(n, 16, 16, 3).to(torch.uint8), tokens, torch.arange(n), torch.ones(n).long(), same)


def config(batch_size, steps, seed=0):
    return TrainConfig(samples=batch_size * steps, batch_size=batch_size, seed=seed)


def test_nothing_is_counted_where_all_differ():
    found = count_twins(some_pairs(range(1, 41)), config(16, 50))
    assert (found.pictures, found.captions, found.loss_floor, found.steps) == (0, 0, 0, 50)
    assert twins_lines(found, ["some"] * 40) == []


def test_class_names_as_captions_raise_the_loss_floor():
    names = ["a cat"] * 20 + ["a dog"] * 20
    found = count_twins(some_pairs([1] * 20 + [2] * 20), config(40, 5))
    assert found.captions == 1 and found.pictures == 0
    assert found.loss_floor == pytest.approx(math.log(20))  # ln(batch / names)
    (line,) = twins_lines(found, names)
    assert line.startswith("100.0 % of a batch's captions") and "'a cat', 20 of 40" in line and "below 3.00" in line


def test_equal_captions_count_where_a_batch_holds_both():
    pairs, run = some_pairs([1, 1, *range(2, 20)]), config(10, 200)
    model = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, 8, 40)
    batches = [make_batch(pairs, run, step, model, choose_device("cpu")) for step in range(200)]
    together = sum(int((batch.tokens[:, 0] == 1).sum()) == 2 for batch in batches)
    assert 0 < together < 200
    assert count_twins(pairs, run).captions == pytest.approx(together / 200 * 2 / 10)


def test_two_files_with_the_same_pixels_are_twins_too():
    found = count_twins(some_pairs(range(1, 21), same=torch.tensor([0, 0, *range(2, 20)])), config(20, 10))
    assert found.pictures == pytest.approx(2 / 20) and found.captions == 0
    (line,) = twins_lines(found, ["some"] * 20)
    assert line.startswith("10.0 % of a batch's pictures")


def test_a_batch_with_more_rows_than_pictures_has_twins():
    assert count_twins(some_pairs(range(1, 9)), config(16, 10)).pictures == 1


def test_of_a_long_run_some_steps_are_counted(monkeypatch):
    monkeypatch.setattr(twins, "COUNTED", 7)
    found = count_twins(some_pairs([1, 2] * 20), config(8, 1000))
    assert found.steps == found.to_dict()["steps_counted"] == 7 and found.captions > 0.9


def test_the_best_model_reaches_the_floor_none_less():
    captions = torch.tensor([0, 0, 0, 1, 2, 2])
    texts = torch.eye(3)[captions]
    floor = lowest_loss(times_in_batch(captions))
    assert floor == pytest.approx((3 * math.log(3) + 2 * math.log(2)) / 6)
    assert clip_loss(texts, texts, 100.0).item() == pytest.approx(floor, abs=1e-5)
    for seed in range(20):  # pictures as they like, texts the same where captions are
        generator = torch.Generator().manual_seed(seed)
        pictures = texts + 0.2 * torch.randn(6, 3, generator=generator)
        assert clip_loss(pictures, texts, 100.0).item() > floor - 1e-6
