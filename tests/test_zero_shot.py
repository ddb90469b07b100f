"""zero_shot and prompts, on a model whose features are known: an average pixel, and the words of a text."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from minclip.config import CLIPConfig
from minclip.formats.precision import set_precision
from minclip.model import CLIP
from minclip.preprocess import MEAN, STD
from minclip.prompts import (
    PHOTO_TEMPLATES,
    PICTURE_TEMPLATES,
    VARIED_PHOTO_TEMPLATES,
    expand,
    read_class_names,
    read_templates,
)
from minclip.zero_shot import (
    classify,
    confusion_matrix,
    encode_pixels,
    encode_texts,
    per_class_accuracy,
    top_k_accuracy,
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


def test_a_class_is_the_unit_mean_of_its_templates_unit_features(model):
    classifier = zero_shot_classifier(model, tokenizer, ["red", "blue"], ["{}", "light light {}"])
    # "red" is (1,0,0,0); "light light red" is (1,0,0,2) / √5: the mean of those two, brought to length one
    mean = torch.tensor([1 + 1 / math.sqrt(5), 0, 0, 2 / math.sqrt(5)])
    torch.testing.assert_close(classifier[:, 0], mean / mean.norm())
    torch.testing.assert_close(classifier[:, 1], (mean / mean.norm())[[1, 2, 0, 3]])
    assert classifier.shape == (4, 2)


def test_a_classifier_needs_no_gradient_and_leaves_every_module_in_its_mode(model):
    model.train()
    model.dropout.eval()
    classifier = zero_shot_classifier(model, tokenizer, ["red"], ["{}"])
    assert not classifier.requires_grad
    assert (model.training, model.dropout.training) == (True, False)


def test_encoding_is_in_eval_mode_and_puts_the_mode_back_even_after_an_error(model):
    model.train()
    first, second = (encode_texts(model, tokenizer, ["red green light"]) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    with pytest.raises(ValueError, match="too long"):
        encode_texts(model, tokenizer, ["red " * 9])
    assert model.training and model.dropout.training


def test_encode_texts_truncates_on_demand(model):
    features = encode_texts(model, tokenizer, ["red " * 9], truncate=True)
    torch.testing.assert_close(features, torch.tensor([[1.0, 0, 0, 0]]))


def test_encode_pixels_gives_unit_rows_and_the_batch_size_changes_nothing(model):
    pixels = np.random.default_rng(0).integers(0, 256, size=(7, 4, 4, 3), dtype=np.uint8)
    whole, parts = encode_pixels(model, pixels), encode_pixels(model, pixels, batch_size=3)
    assert model.image_batches == [7, 3, 3, 1]
    torch.testing.assert_close(whole, parts)
    torch.testing.assert_close(whole.norm(dim=1), torch.ones(7))


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (2, 5, 5, 3), (2, 3, 4, 4), (4, 4, 3)])
def test_encode_pixels_refuses_other_shapes(model, shape):
    with pytest.raises(ValueError, match="pixels must be"):
        encode_pixels(model, np.zeros(shape, dtype=np.uint8))


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


def test_classify_shares_out_belief(model):
    images = [Image.new("RGB", (9, 6), colour) for colour in ("red", "blue")]
    shares = classify(model, tokenizer, plain, images, ["red", "green", "blue"], ["{}"])
    expected = torch.tensor([[10.0, 0, 0], [0, 0, 10.0]]).softmax(dim=1)  # logit scale 10, cosines 1 and 0
    torch.testing.assert_close(shares, expected)
    assert not shares.requires_grad


def test_classify_reads_pictures_in_batches_as_they_are_asked_for(model):
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
    [([], {}, "images is empty"), (iter(()), {}, "images is empty"), ([], {"batch_size": 0}, "batch_size=0")],
)
def test_classify_without_pictures_is_refused(model, images, options, message):
    with pytest.raises(ValueError, match=message):
        classify(model, tokenizer, plain, images, ["red", "blue"], ["{}"], **options)


def test_classify_takes_one_picture(model):
    one = classify(model, tokenizer, plain, Image.new("RGB", (4, 4), "lime"), ["red", "green"], ["{}"])
    assert one.shape == (1, 2) and one[0, 1] > 0.99


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "empty"),
        (["red", "blue", "red"], "twice"),
        (["red", " "], "not empty"),
        ("red", "list"),
        ([1], "text"),
    ],
)
def test_names_that_cannot_be_told_apart_are_refused(model, names, message):
    with pytest.raises(ValueError, match=message):
        zero_shot_classifier(model, tokenizer, names, ["{}"])


def test_top_k_counts_the_k_highest():
    logits = torch.tensor([[4.0, 3.0, 2.0, 1.0]]).expand(4, 4)
    assert top_k_accuracy(logits, torch.arange(4), ks=(1, 2, 3, 9)) == {1: 0.25, 2: 0.5, 3: 0.75, 9: 1.0}


@pytest.mark.parametrize("value", [0.0, 0.3, float("inf")])
def test_a_model_that_scores_all_alike_gets_what_guessing_gets(value):
    logits, labels = torch.full((6, 3), value), torch.tensor([0, 1, 2, 0, 0, 0])
    assert top_k_accuracy(logits, labels, ks=(1, 2, 3)) == pytest.approx({1: 1 / 3, 2: 2 / 3, 3: 1})
    assert top_k_accuracy(torch.zeros(6, 3).int(), labels, ks=(1,)) == pytest.approx({1: 1 / 3})


def test_what_is_no_number_is_never_right():
    logits = torch.tensor([[float("nan")] * 3, [float("nan"), 1.0, 2.0], [3.0, float("nan"), 2.0]])
    assert top_k_accuracy(logits, torch.tensor([0, 0, 0]), ks=(1,)) == {1: 0}
    assert top_k_accuracy(logits, torch.tensor([0, 0, 0]), ks=(2, 3)) == pytest.approx({2: 1 / 3, 3: 1 / 3})


def test_top_k_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="labels run from 0 to 3"):
        top_k_accuracy(torch.zeros(2, 3), torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="labels"):
        top_k_accuracy(torch.zeros(2, 3), torch.tensor([0]))
    with pytest.raises(ValueError, match="at least 1"):
        top_k_accuracy(torch.zeros(2, 3), torch.tensor([0, 0]), ks=(0,))


def test_confusion_rows_are_true_classes():
    confusion = confusion_matrix(torch.tensor([0, 0, 0, 2]), torch.tensor([0, 1, 1, 2]), classes=3)
    assert confusion.tolist() == [[1, 2, 0], [0, 0, 0], [0, 0, 1]]
    accuracy = per_class_accuracy(confusion)
    assert accuracy[0] == pytest.approx(1 / 3) and accuracy[2] == 1
    assert accuracy[1].isnan()  # no picture of class 1
    with pytest.raises(ValueError, match="there are 2 classes"):
        confusion_matrix(torch.tensor([0]), torch.tensor([2]), classes=2)


def test_expand_writes_the_name_and_leaves_other_braces():
    assert expand(["a {}.", "{{}"], "t{}y") == ["a t{}y.", "{t{}y"]


@pytest.mark.parametrize("templates", [["a photo"], ["{} and {}"], [], "a {}", [None]])
def test_expand_refuses_templates_without_exactly_one_place(templates):
    with pytest.raises(ValueError, match="template"):
        expand(templates, "car")


@pytest.mark.parametrize("templates", [PHOTO_TEMPLATES, PICTURE_TEMPLATES])
def test_our_templates_are_usable_and_different(templates):
    assert len(templates) >= 10
    assert len(set(expand(templates, "car"))) == len(templates)
    assert max(len(template.replace(" ", "")) for template in templates) <= 28  # fits 32 tokens letter by letter


def test_read_templates_skips_comments_and_names_the_line(tmp_path):
    path = tmp_path / "templates.txt"
    path.write_text("\ufeff# ours\n\n  a {} – drawn\nthe {}\n", encoding="utf-8")
    assert read_templates(path) == ["a {} – drawn", "the {}"]
    path.write_text("a {}\n# fine\nno place\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 3"):
        read_templates(path)
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no template"):
        read_templates(path)
    path.write_bytes(b"\xff\xfe{\x00")
    with pytest.raises(ValueError, match="UTF-8"):
        read_templates(path)


def test_the_varied_templates_are_for_models_that_read_longer_texts():
    texts = expand(VARIED_PHOTO_TEMPLATES, "car")
    assert len(texts) >= 30 and len(set(texts)) == len(texts)
    assert texts[: len(PHOTO_TEMPLATES)] == expand(PHOTO_TEMPLATES, "car")
    assert max(len(text.replace(" ", "")) for text in texts) <= 60  # fits 77 tokens with a long name, letter by letter


def test_class_names_are_read_line_by_line(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("\ufeff# birds\n\n  crane, a bird \n'tis a wren\nO'Neill\n", encoding="utf-8")
    assert read_class_names(path) == ["crane, a bird", "'tis a wren", "O'Neill"]


def test_lists_that_were_copied_out_of_python_are_understood(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("templates = [\n    'a photo of a {}.',\n    \"somebody's {}.\",  # ours\n]\n", encoding="utf-8")
    assert read_templates(path) == ["a photo of a {}.", "somebody's {}."]
    path.write_text('"tench", "goldfish",\n\'great white shark\'\n', encoding="utf-8")
    assert read_class_names(path) == ["tench", "goldfish", "great white shark"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("crane\nwren\nCrane\n", r"line 3: 'Crane' stands in line 1 already"),
        ("'wren', 'robin', 'wren'\n", r"line 1: 'wren' stands in line 1 already"),
        ("# nothing\n\n", "holds no class name"),
    ],
)
def test_class_names_that_cannot_be_told_apart_are_refused(tmp_path, content, message):
    path = tmp_path / "names.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_class_names(path)


def test_a_list_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
        read_class_names(tmp_path / "nowhere.txt")
