"""What lessons 04 and 05 measure with: a text encoder read in wrong ways, and small CLIPs trained on any loss."""

import json

import pytest
import torch

from minclip.course.lesson_04_causal_text_encoder.pictures import features_of
from minclip.course.lesson_05_symmetric_infonce import half_loss
from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs, train_small
from minclip.loss import clip_loss
from minclip.text import TextTransformer

TRAINING = {"steps": 3, "batch": 4, "rate": 1e-3, "vocab_size": 40}


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return TextTransformer(context_length=9, vocab_size=30, width=16, layers=2, heads=2, embed_dim=6)


@pytest.fixture
def texts():
    return torch.tensor([[28, 3, 4, 5, 29, 0, 0, 0, 0], [28, 7, 29, 0, 0, 0, 0, 0, 0]])


def same(a, b):
    return torch.allclose(a, b, atol=1e-5)


def test_features_read_rightly_are_the_encoders(encoder, texts):
    with torch.no_grad():
        expected = torch.nn.functional.normalize(encoder(texts), dim=-1)
    assert same(features_of(encoder, texts), expected)
    assert same(features_of(encoder, texts, cut=True), expected)  # with the mask, padding changes nothing


def test_cut_texts_see_no_padding(encoder, texts):
    garbage = texts.clone()
    garbage[0, 5:], garbage[1, 3:] = 11, 12
    cut, whole = ({"masked": False, "cut": cut} for cut in (True, False))
    assert same(features_of(encoder, texts, **cut), features_of(encoder, garbage, **cut))
    assert not same(features_of(encoder, texts, **whole), features_of(encoder, garbage, **whole))
    assert not same(features_of(encoder, texts, **cut), features_of(encoder, texts, **whole))
    assert not same(features_of(encoder, texts, **cut), features_of(encoder, texts))


def test_without_mask_and_positions_order_is_lost(encoder, texts):
    moved = texts[:1, [0, 3, 1, 2, 4, 5, 6, 7, 8]]
    both = {"masked": False, "placed": False}
    assert same(features_of(encoder, texts[:1], **both), features_of(encoder, moved, **both))
    for one in ({"masked": False}, {"placed": False}):
        assert not same(features_of(encoder, texts[:1], **one), features_of(encoder, moved, **one))


def test_another_place_is_read_where_asked(encoder, texts):
    assert same(features_of(encoder, texts, place=4)[0], features_of(encoder, texts)[0])
    assert not same(features_of(encoder, texts, place=-1), features_of(encoder, texts))


def test_pairs_are_cut_behind_the_longest_caption():
    pixels, tokens = pairs("val", 3)
    assert pixels.shape == (3, 3, 32, 32) and pixels.dtype == torch.float32
    assert len(tokens) == 3 and tokens.dtype == torch.int64
    assert int(tokens.argmax(dim=-1).max()) == tokens.shape[1] - 1


def toy_pairs():
    torch.manual_seed(1)
    tokens = torch.randint(1, 38, (8, 5))
    tokens[:, 0], tokens[:, 4] = 38, 39
    return torch.rand(8, 3, 32, 32), tokens


def test_the_same_seed_trains_the_same_small_clip():
    first, value = train_small(clip_loss, *toy_pairs(), seed=2, **TRAINING)
    again, same_value = train_small(clip_loss, *toy_pairs(), seed=2, **TRAINING)
    other, _ = train_small(clip_loss, *toy_pairs(), seed=3, **TRAINING)
    weights, weights_again, of_other = ([*model.parameters()] for model in (first, again, other))
    assert value == same_value and value > 0 and not first.training
    assert sum(weight.numel() for weight in weights) == 315_457 - 64 * (1429 - 40)  # of the words that are not there
    assert all(map(torch.equal, weights, weights_again)) and not all(map(torch.equal, weights, of_other))


def test_a_training_goes_round_its_pairs():
    seen = []

    def counting(image_features, text_features, scale):
        seen.append(len(image_features))
        return clip_loss(image_features, text_features, scale)

    train_small(counting, *toy_pairs(), steps=5, batch=4, rate=1e-3, vocab_size=40)  # 20 pairs, of 8
    assert seen == [4] * 5


def test_the_halves_of_the_loss_make_the_whole():
    images, texts, scale = torch.randn(5, 8), torch.randn(5, 8), torch.tensor(5.0)
    rows = half_loss.half_loss(images, texts, scale, True, False)
    columns = half_loss.half_loss(images, texts, scale, False, True)
    both = half_loss.half_loss(images, texts, scale, True, True)
    assert same(both, clip_loss(images, texts, scale)) and same(both, (rows + columns) / 2)
    assert same(rows, half_loss.half_loss(texts, images, scale, False, True)) and not same(rows, columns)


class Finds:
    """A model whose features are the numbers that come in."""

    def encode_image(self, pixels):
        return pixels

    def encode_text(self, tokens):
        return tokens


def test_recalls_are_a_mean_over_galleries():
    unit = torch.eye(half_loss.GALLERY)
    lost = unit.roll(1, dims=0)  # in the second gallery nobody finds its own
    found = half_loss.recalls(Finds(), torch.cat([unit, unit]), torch.cat([unit, lost]))
    assert found == dict.fromkeys(half_loss.DIRECTIONS, 0.5)


def test_what_is_kept_has_every_training_once():
    lines = json.loads(half_loss.KEPT.read_text(encoding="utf-8"))
    made = [(line["loss"], line["rate"], line["seed"]) for line in lines]
    wanted = [(half, rate, seed) for half in half_loss.HALVES for rate in half_loss.RATES for seed in half_loss.SEEDS]
    assert sorted(made) == sorted(wanted)


def test_what_the_lesson_says_of_half_losses_is_kept():
    lines = json.loads(half_loss.KEPT.read_text(encoding="utf-8"))
    recall = {(line["loss"], line["rate"], line["seed"]): line["text_to_image"] for line in lines}
    runs = [(rate, seed) for rate in half_loss.RATES for seed in half_loss.SEEDS]
    assert all(recall["both halves", *run] > recall["picture → text", *run] for run in runs)
    for half, low, high in (("picture → text", 6, 9), ("both halves", 9, 11)):
        means = [sum(recall[half, rate, seed] for seed in half_loss.SEEDS) / 3 for rate in half_loss.RATES]
        assert [round(100 * min(means)), round(100 * max(means))] == [low, high]
