"""Zero-shot classification, on a model whose features are known: an average pixel, and the words of a text."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from minclip.accuracy import rank_of_label
from minclip.config import CLIPConfig
from minclip.formats.precision import set_precision
from minclip.model import CLIP
from minclip.preprocess import MEAN, STD
from minclip.prompts import PICTURE_TEMPLATES
from minclip.zero_shot import (
    classify,
    encode_images,
    encode_pixels,
    encode_texts,
    ensemble_features,
    in_batches,
    wrong_names,
    zero_shot_classifier,
)

WORDS = {"red": 0, "green": 1, "blue": 2, "light": 3}


class FakeConfig:
    image_size = 4
    pixel_mean, pixel_std = MEAN, STD
    context_length = 8


class FakeCLIP(nn.Module):
    """A picture's feature is its average pixel, a text's the number of times each of WORDS is in it."""

    def __init__(self):
        super().__init__()
        self.config = FakeConfig()
        self.logit_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.dropout = nn.Dropout(0.5)  # features would be random in training mode
        self.image_batches = []

    def encode_image(self, pixels):
        self.image_batches.append(len(pixels))
        return self.dropout(torch.cat([pixels.mean(dim=(2, 3)), torch.zeros(len(pixels), 1)], dim=1))

    def encode_text(self, tokens):
        return self.dropout(torch.stack([(tokens == word + 1).sum(dim=1) for word in range(4)], dim=1).float())


def tokenizer(texts, truncate=False):
    tokens = torch.zeros(len(texts), FakeConfig.context_length, dtype=torch.long)
    for row, text in enumerate(texts):
        ids = [WORDS[word] + 1 for word in text.split() if word in WORDS]
        if len(ids) > FakeConfig.context_length and not truncate:
            raise ValueError(f"caption {row} is too long")
        tokens[row, : len(ids)] = torch.tensor(ids[: FakeConfig.context_length])
    return tokens


def plain(image):
    """A preprocess without normalisation."""
    return torch.from_numpy(np.array(image.resize((4, 4)))).permute(2, 0, 1) / 255


@pytest.fixture
def model():
    return FakeCLIP()


def test_two_classes_by_hand(model):
    picture = Image.new("RGB", (4, 4), (255, 102, 0))  # its feature: (1, 0.4, 0, 0)
    shares = classify(model, tokenizer, plain, picture, ["red", "green"], ["{}"])
    # cosines 1 / 1.077 = 0.928 and 0.4 / 1.077 = 0.371, times 10; softmax: 1 / (1 + e^(3.71 - 9.28)) = 0.9962
    assert shares.tolist() == [pytest.approx([0.9962, 0.0038], abs=1e-4)]


def test_a_class_is_its_templates_unit_mean(model):
    classifier = zero_shot_classifier(model, tokenizer, ["red", "blue"], ["{}", "light light {}"])
    # "red" is (1,0,0,0); "light light red" is (1,0,0,2) / √5: the mean of those two, brought to length one
    mean = torch.tensor([1 + 1 / math.sqrt(5), 0, 0, 2 / math.sqrt(5)])
    torch.testing.assert_close(classifier[:, 0], mean / mean.norm())
    torch.testing.assert_close(classifier[:, 1], (mean / mean.norm())[[1, 2, 0, 3]])
    assert classifier.shape == (4, 2)


def test_a_longer_feature_has_no_more_to_say():
    features = torch.tensor([[3.0, 4.0], [0.0, 0.1]])
    mean = torch.tensor([0.6, 1.8])  # of (0.6, 0.8) and (0, 1), times two
    torch.testing.assert_close(ensemble_features(features), mean / mean.norm())
    both = torch.stack([features, features.flip(0)]).bfloat16()
    assert ensemble_features(both).shape == (2, 2) and ensemble_features(both).dtype == torch.float32


def test_a_classifier_leaves_every_module_in_its_mode(model):
    model.train()
    model.dropout.eval()
    classifier = zero_shot_classifier(model, tokenizer, ["red"], ["{}"])
    assert not classifier.requires_grad
    assert (model.training, model.dropout.training) == (True, False)


def test_an_error_puts_the_training_mode_back(model):
    model.train()
    first, second = (encode_texts(model, tokenizer, ["red green light"]) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    with pytest.raises(ValueError, match="too long"):
        encode_texts(model, tokenizer, ["red " * 9])
    assert model.training and model.dropout.training


def test_encode_texts_truncates_on_demand(model):
    features = encode_texts(model, tokenizer, ["red " * 9], truncate=True)
    torch.testing.assert_close(features, torch.tensor([[1.0, 0, 0, 0]]))


def test_the_batch_size_changes_no_features(model):
    pixels = np.random.default_rng(0).integers(0, 256, size=(7, 4, 4, 3), dtype=np.uint8)
    whole, parts = encode_pixels(model, pixels), encode_pixels(model, pixels, batch_size=3)
    assert model.image_batches == [7, 3, 3, 1]
    torch.testing.assert_close(whole, parts)
    torch.testing.assert_close(whole.norm(dim=1), torch.ones(7))


@pytest.mark.parametrize("shape", [(2, 5, 5, 3), (2, 3, 4, 4), (4, 4, 3)])
def test_encode_pixels_refuses_other_shapes(model, shape):
    with pytest.raises(ValueError, match=r"pixels must be uint8 \[n, 4, 4, 3\] for this model"):
        encode_pixels(model, np.zeros(shape, dtype=np.uint8))


@pytest.mark.parametrize("size", [0, 1.5])
def test_encode_pixels_refuses_what_is_no_batch_size(model, size):
    with pytest.raises(ValueError, match=f"^batch_size={size} "):
        encode_pixels(model, np.zeros((1, 4, 4, 3), dtype=np.uint8), batch_size=size)


def test_a_model_in_half_precision_answers_in_float32():
    torch.manual_seed(0)
    config = CLIPConfig(16, 4, 2, 64, 1, 64, 1, 1, context_length=FakeConfig.context_length, vocab_size=9)
    real = set_precision(CLIP(config), torch.bfloat16)
    assert encode_pixels(real, np.zeros((1, 4, 4, 3), dtype=np.uint8)).dtype == torch.float32
    shares = classify(real, tokenizer, plain, Image.new("RGB", (4, 4), "red"), ["red", "green"], ["{}"])
    assert shares.dtype == torch.float32


def test_pictures_are_normalised_with_the_models_own_statistics(model):
    pixels = np.full((1, 4, 4, 3), 255, dtype=np.uint8)
    model.config.pixel_mean, model.config.pixel_std = (0.0, 0.5, 1.0), (1.0, 0.5, 1.0)
    torch.testing.assert_close(encode_pixels(model, pixels)[0], torch.tensor([1, 1, 0, 0]) / math.sqrt(2))


def test_classify_gives_softmax_probabilities(model):
    images = [Image.new("RGB", (9, 6), colour) for colour in ("red", "blue")]
    shares = classify(model, tokenizer, plain, images, ["red", "green", "blue"], ["{}"])
    expected = torch.tensor([[10.0, 0, 0], [0, 0, 10.0]]).softmax(dim=1)  # scale 10, cosines 1 and 0
    torch.testing.assert_close(shares, expected)
    assert not shares.requires_grad


def test_classify_opens_pictures_one_batch_at_a_time(model):
    colours = ["red", "blue", "lime"] * 5
    sizes, opened = [], []
    encode = model.encode_image
    model.encode_image = lambda pixels: sizes.append((len(pixels), len(opened))) or encode(pixels)

    def pictures():
        for colour in colours:
            opened.append(colour)
            yield Image.new("RGB", (4, 4), colour)

    shares = classify(model, tokenizer, plain, pictures(), ["red", "blue", "green"], ["{}"], batch_size=6)
    assert shares.argmax(dim=1).tolist() == [0, 1, 2] * 5
    assert sizes == [(6, 6), (6, 12), (3, 15)]  # a batch is encoded before the next one is opened
    at_once = classify(model, tokenizer, plain, list(pictures()), ["red", "blue", "green"], ["{}"])
    torch.testing.assert_close(shares, at_once)


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [([], {}, "nothing to encode"), (iter(()), {}, "nothing to encode"), ([], {"batch_size": 0}, "batch_size=0")],
)
def test_classify_without_pictures_is_refused(model, images, options, message):
    with pytest.raises(ValueError, match=message):
        classify(model, tokenizer, plain, images, ["red", "blue"], ["{}"], **options)


def test_classify_refuses_features_without_direction(model):
    black, red = Image.new("RGB", (4, 4), "black"), Image.new("RGB", (4, 4), "red")
    with pytest.raises(ValueError, match="picture 1 has features that are all zero"):
        classify(model, tokenizer, plain, [red, black], ["red", "green"], ["{}"])
    with pytest.raises(ValueError, match="label 'word' has features that are all zero"):
        classify(model, tokenizer, plain, red, ["red", "word"], ["{}"])


def test_features_without_direction_are_never_right(model):
    pixels = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    model.config.pixel_mean, model.config.pixel_std = (0, 0, 0), (1, 1, 1)
    logits = encode_pixels(model, pixels) @ zero_shot_classifier(model, tokenizer, ["red", "green"], ["{}"])
    assert logits.isnan().all() and rank_of_label(logits, torch.tensor([0])).hit(1) == 0


def test_classify_takes_one_picture(model):
    one = classify(model, tokenizer, plain, Image.new("RGB", (4, 4), "lime"), ["red", "green"], ["{}"])
    assert one.shape == (1, 2) and one[0, 1] > 0.99


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "empty"),
        (["red", "blue", "red"], "twice"),
        (["red", " "], "number 1 is ' '"),
        (["blue", "red", "green", "red"], "class names hold 'red' twice: leave one out"),
        ("red", "list"),
        ([1], "text"),
    ],
)
def test_names_that_make_no_classifier_are_refused(model, names, message):
    with pytest.raises(ValueError, match=message):
        zero_shot_classifier(model, tokenizer, names, ["{}"])


@pytest.fixture
def bars(monkeypatch):
    """What each bar is told."""
    told = []
    monkeypatch.setattr("minclip.zero_shot.with_progress", lambda items, *said: told.append(said) or items)
    return told


def test_bars_count_pictures_and_texts(model, bars):
    pictures = [Image.new("RGB", (4, 4), "red")] * 3
    encode_images(model, plain, pictures)
    encode_images(model, plain, iter(pictures), batch_size=2)
    encode_pixels(model, np.full((5, 4, 4, 3), 9, dtype=np.uint8), batch_size=2)
    encode_pixels(model, np.full((5, 4, 4, 3), 9, dtype=np.uint8))
    encode_texts(model, tokenizer, ["red"] * 3)
    assert bars == [
        ("encoding", "pictures", 3, 64),
        ("encoding", "pictures", None, 2),
        ("encoding", "pictures", 5, 2),
        ("encoding", "pictures", 5, 256),
        ("encoding", "texts", 3, 512),
    ]


def test_classify_has_templates_of_its_own(model):
    """Where no templates are given, classify takes those of drawn pictures, 64 pictures at a time."""
    red = Image.new("RGB", (4, 4), "red")
    assert torch.equal(
        classify(model, tokenizer, plain, [red] * 65, ["red", "blue"]),
        classify(model, tokenizer, plain, [red] * 65, ["red", "blue"], PICTURE_TEMPLATES),
    )
    assert model.image_batches == [64, 1] * 2


def test_a_string_instead_of_texts_is_refused(model):
    with pytest.raises(ValueError, match=r"texts must be a list, found the string 'red'"):
        encode_texts(model, tokenizer, "red")


def test_pixels_follow_the_models_precision_and_place(model):
    model.logit_scale.data = model.logit_scale.data.double()
    seen = []
    model.encode_image = lambda pixels: seen.append(pixels.dtype) or torch.ones(len(pixels), 4)
    encode_images(model, plain, Image.new("RGB", (4, 4), "red"))
    assert seen == [torch.float64]


def test_a_stack_of_prompts_gives_a_direction_each():
    features = torch.tensor([[[3.0, 0.0], [0.0, 1.0]], [[0.0, 2.0], [0.0, 9.0]]])
    expected = torch.tensor([[0.5**0.5, 0.5**0.5], [0.0, 1.0]])
    torch.testing.assert_close(ensemble_features(features), expected)


def test_names_are_told_by_what_they_are():
    assert wrong_names(["cat", "dog"]) == ""
    assert wrong_names(["cat", ""], "labels") == "labels: number 1 is '', which is no text or an empty one"
    assert wrong_names([]) == "class names must be a list that is not empty, found []"


def test_batches_of_one_are_the_smallest():
    assert list(in_batches("abc", 1)) == [["a"], ["b"], ["c"]]
    with pytest.raises(ValueError, match="batch_size=0 must be at least 1"):
        list(in_batches("abc", 0))
