"""evaluate, on a model that sees the average colour and reads colour words."""

import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.evaluation.evaluate import confusion_matrix, evaluate, evaluate_task, format_table
from minclip.preprocess import MEAN, STD

NAMES = ["red", "green", "blue"]


class FakeConfig:
    image_size = 4
    pixel_mean, pixel_std = MEAN, STD
    context_length = 8


class ColourCLIP(nn.Module):
    """Image features are which channel is brighter than the others, text features which colours are named."""

    def __init__(self, says=1.0):
        super().__init__()
        self.config = FakeConfig()
        self.logit_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.says = says

    def encode_image(self, pixels):
        means = pixels.mean(dim=(2, 3))
        return self.says * (means - means.mean(dim=1, keepdim=True)) + 1e-3

    def encode_text(self, tokens):
        return torch.stack([(tokens == word).sum(dim=1) for word in (1, 2, 3)], dim=1).float() + 1e-3


def tokenizer(texts, truncate=False):
    tokens = torch.zeros(len(texts), 8, dtype=torch.long)
    for row, text in enumerate(texts):
        ids = [NAMES.index(word) + 1 for word in text.split() if word in NAMES]
        if len(ids) > 8 and not truncate:
            raise ValueError(f"caption {row} is too long")
        tokens[row, : min(len(ids), 8)] = torch.tensor(ids[:8])
    return tokens


def squares(colours):
    """uint8 [n, 4, 4, 3] of the named channels."""
    pixels = np.zeros((len(colours), 4, 4, 3), dtype=np.uint8)
    for i, colour in enumerate(colours):
        pixels[i, :, :, NAMES.index(colour)] = 255
    return pixels


def colour_task(shown, true, name="colour"):
    labels = np.array([NAMES.index(colour) for colour in true])
    return ClassTask(name, squares(shown), labels, NAMES, ["a {} square"])


def test_three_of_four_right_by_hand():
    task = colour_task(["red", "red", "green", "blue"], true=["red", "blue", "green", "blue"])
    result = evaluate_task(ColourCLIP(), tokenizer, task)
    assert (result.accuracy, result.n, result.chance) == (0.75, 4, pytest.approx(1 / 3))
    assert result.low <= 0.75 <= result.high
    assert result.correct.tolist() == [True, False, True, True]
    assert result.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]  # a blue one was taken for red
    assert result.per_class.tolist() == [1.0, 1.0, 0.5]


def test_confusion_rows_are_true_classes():
    confusion = confusion_matrix(torch.tensor([0, 0, 0, 2]), torch.tensor([0, 1, 1, 2]), classes=3)
    assert confusion.tolist() == [[1, 2, 0], [0, 0, 0], [0, 0, 1]]


def test_templates_replace_the_tasks_own():
    task = colour_task(["red"], true=["red"])
    assert evaluate_task(ColourCLIP(), tokenizer, task, templates=["{}"]).accuracy == 1
    with pytest.raises(ValueError, match="exactly one"):
        evaluate_task(ColourCLIP(), tokenizer, task, templates=["no place"])


def test_a_choice_task_asks_every_picture_its_own_texts():
    texts = [["a blue one", "a red one"], ["a red one", "a blue one", "green"], ["blue", "green"]]
    task = ChoiceTask("choice", squares(["red", "green", "green"]), np.array([1, 2, 0]), texts)
    result = evaluate_task(ColourCLIP(), tokenizer, task)
    assert result.correct.tolist() == [True, True, False]
    assert result.chance == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)
    assert result.confusion is None


def test_pictures_with_fewer_candidates_are_not_compared_with_nothing():
    # picture 0 is red and can only be called blue: a low score, but the only one
    task = ChoiceTask("choice", squares(["red", "red"]), np.array([0, 1]), [["blue"], ["green", "red"]])
    assert evaluate_task(ColourCLIP(), tokenizer, task).correct.tolist() == [True, True]


def test_two_texts_with_equal_features_are_a_guess():
    task = ChoiceTask("swap", squares(["red"]), np.array([0]), [["red left of blue", "blue left of red"]])
    assert evaluate_task(ColourCLIP(), tokenizer, task).accuracy == 0.5


def test_equal_features_get_chance_in_every_column():
    model = ColourCLIP(says=0.0)  # all image features are one vector; the texts below are all the same to it
    ten = squares(["red"] * 10)
    tasks = [
        ClassTask("nine", ten, np.arange(10) % 9, [f"thing {i}" for i in range(9)], ["a {}"]),
        ChoiceTask("choice", ten, np.arange(10) % 2, [["one", "other"]] * 5 + [["one", "other", "third"]] * 5),
    ]
    owner = [0, 0, 0, *range(10)]  # four captions of the first picture
    report = evaluate(model, tokenizer, tasks, (ten, ["a caption"] * 13, owner))
    for task in report["tasks"].values():
        assert task["accuracy"] == pytest.approx(task["chance"])
    assert report["tasks"]["nine"]["top_5"] == pytest.approx(5 / 9)
    assert set(report["tasks"]["nine"]["per_class"].values()) == {round(1 / 9, 4)}
    for direction in ("image_to_text", "text_to_image"):
        assert report["retrieval"][direction] == report["retrieval"]["chance"][direction]
    assert report["retrieval"]["text_to_image"] == pytest.approx({"R@1": 0.1, "R@5": 0.5, "R@10": 1.0})
    first, others = 1 - math.comb(9, 5) / math.comb(13, 5), 5 / 13
    expected = (first + 9 * others) / 10
    assert report["retrieval"]["image_to_text"]["R@5"] == pytest.approx(expected)
    line = next(line for line in format_table(report).splitlines() if line.startswith("image → text R@5"))
    assert line.split().count(f"{100 * expected:.1f}") >= 2  # the score and its chance


class RoundingCLIP(ColourCLIP):
    """Says the same of everything, but for the last bit of every other text."""

    def encode_image(self, pixels):
        return torch.tensor([1.0, 0, 0]).expand(len(pixels), 3)

    def encode_text(self, tokens):
        last_bit = 2e-7 * (torch.arange(len(tokens)) % 2)
        return torch.ones(len(tokens), 3) + last_bit[:, None] * torch.tensor([1.0, 0, 0])


def test_what_only_rounding_holds_apart_is_level():
    task = ClassTask("four", squares(["red"] * 2), np.array([0, 2]), ["a", "b", "c", "d"], ["{}"])
    result = evaluate_task(RoundingCLIP(), tokenizer, task)
    assert result.correct.tolist() == [0.25, 0.25]


def test_a_model_that_says_no_number_gets_nothing_right():
    task = colour_task(["red", "green"], true=["red", "green"])
    result = evaluate_task(ColourCLIP(says=float("nan")), tokenizer, task)
    assert result.accuracy == 0 and result.per_class[:2].tolist() == [0, 0]


def test_tasks_that_do_not_fit_are_named():
    model = ColourCLIP()
    with pytest.raises(ValueError, match="'colour' has 2 pictures"):
        evaluate_task(model, tokenizer, ClassTask("colour", squares(["red", "red"]), np.array([0]), NAMES, ["{}"]))
    choice = ChoiceTask("choice", squares(["red"]), np.array([2]), [["red", "blue"]])
    with pytest.raises(ValueError, match="picture 0 has 2 texts and label 2"):
        evaluate_task(model, tokenizer, choice)
    with pytest.raises(ValueError, match="takes no templates"):
        evaluate_task(model, tokenizer, choice, templates=["{}"])


def test_a_report_is_json_of_the_promised_shape():
    tasks = [colour_task(NAMES, NAMES), colour_task(["red"], ["blue"], name="wrong")]
    pairs = (squares(NAMES), ["red", "a red one", "blue", "blue"], [0, 0, 1, 2])  # green is said to be blue
    report = evaluate(ColourCLIP(), tokenizer, tasks, pairs)
    assert report == json.loads(json.dumps(report))
    assert set(report) == {"tasks", "retrieval"}
    assert report["tasks"] == {
        "colour": {
            "accuracy": 1.0,
            "low": 1.0,
            "high": 1.0,
            "n": 3,
            "chance": pytest.approx(1 / 3),
            "per_class": dict.fromkeys(NAMES, 1.0),
        },
        "wrong": {
            "accuracy": 0.0,
            "low": 0.0,
            "high": 0.0,
            "n": 1,
            "chance": pytest.approx(1 / 3),
            "per_class": {name: 0.0 if name == "blue" else None for name in NAMES},
        },
    }
    retrieval = report["retrieval"]
    assert set(retrieval) == {"image_to_text", "text_to_image", "n_images", "n_texts", "intervals", "chance"}
    assert (retrieval["n_images"], retrieval["n_texts"]) == (3, 4)
    # the texts of green and of blue are one sentence: each finds its own in one of two draws
    assert retrieval["image_to_text"] == {"R@1": pytest.approx((1 + 1 / 2 + 1 / 2) / 3), "R@5": 1.0, "R@10": 1.0}
    assert retrieval["text_to_image"]["R@1"] == 0.75
    low, high = retrieval["intervals"]["text_to_image"]["R@1"]
    assert 0 <= low < 0.75 < high <= 1


def test_recall_has_intervals_over_pictures():
    # of blue's two captions one is found: the worst draw is three times blue, half right
    pairs = (squares(NAMES), ["red", "red", "green", "green", "blue", "red"], [0, 0, 1, 1, 2, 2])
    retrieval = evaluate(ColourCLIP(), tokenizer, [], pairs)["retrieval"]
    assert retrieval["text_to_image"]["R@1"] == pytest.approx(5 / 6)
    assert retrieval["intervals"]["text_to_image"]["R@1"] == [0.5, 1.0]


def test_long_captions_are_cut_in_retrieval_only():
    long = "red " * 9
    pairs = (squares(["red", "blue"]), [long, "blue"], [0, 1])
    assert evaluate(ColourCLIP(), tokenizer, [], pairs)["retrieval"]["text_to_image"]["R@1"] == 1
    task = ChoiceTask("choice", squares(["red"]), np.array([0]), [[long, "blue"]])
    with pytest.raises(ValueError, match="too long"):
        evaluate_task(ColourCLIP(), tokenizer, task)


def test_without_pairs_there_is_no_retrieval():
    assert set(evaluate(ColourCLIP(), tokenizer, [colour_task(["red"], ["red"])])) == {"tasks"}


def test_two_tasks_of_one_name_are_refused():
    with pytest.raises(ValueError, match="one name"):
        evaluate(ColourCLIP(), tokenizer, [colour_task(["red"], ["red"])] * 2)


def test_the_table_reads_well():
    report = {
        "tasks": {"object": {"accuracy": 0.8034, "low": 0.79, "high": 0.816, "n": 5720, "chance": 1 / 52}},
        "retrieval": {
            "image_to_text": {"R@1": 0.5, "R@5": 0.75, "R@10": 1.0},
            "text_to_image": {"R@1": 0.25, "R@5": 0.5, "R@10": 0.75},
            "n_images": 1000,
            "n_texts": 5000,
            "intervals": {
                direction: {name: [0.2, 1.0] for name in ("R@1", "R@5", "R@10")}
                for direction in ("image_to_text", "text_to_image")
            },
        },
    }
    lines = format_table(report).splitlines()
    assert lines[0].split() == ["task", "score", "95", "%", "interval", "chance", "n"]
    assert lines[2].split() == ["object", "80.3", "%", "79.0", "to", "81.6", "1.9", "%", "5,720"]
    assert " ".join(lines[4].split()) == "image → text R@5 75.0 % 20.0 to 100.0 0.5 % 1,000"
    assert " ".join(lines[-1].split()) == "text → image R@10 75.0 % 20.0 to 100.0 1.0 % 5,000"
    assert len({len(line) for line in lines}) == 1
