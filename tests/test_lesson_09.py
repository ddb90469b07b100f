"""What lessons 08 and 09 say of differences on the same pictures, and of other numbers that no cell of theirs prints.

The widths of the bands: on another machine the same weights round otherwise, and a few pictures change sides.
"""

import re

import numpy as np
import pytest
import torch

import minclip
from minclip.accuracy import bootstrap_interval, top_k_correct
from minclip.course.lesson_09_prompt_ensembling.templates import KINDS, TEMPLATES
from minclip.data.picturebook import PictureBook, tasks
from minclip.data.picturebook.grammar import STYLE_FRAMES
from minclip.data.picturebook.sampling import HELD_OUT_STYLES, TRAIN_STYLES
from minclip.evaluation.evaluate import choice_logits
from minclip.zero_shot import encode_pixels, encode_texts, ensemble_features

TINY, SMALL = "picturebook-tiny", "picturebook-small"
POINT = 0.01


@pytest.fixture(scope="module")
def book():
    return tasks(32, per_class=4, names=["object", "object_held_out_style"], progress=False)


@pytest.fixture(scope="module", params=(TINY, SMALL))
def asked(request, book):
    """(name, task's name -> features of its pictures and labels, features of every name in every template)."""
    model, _, tokenizer = minclip.load(request.param, "cpu")
    names = book["object"].class_names
    texts = encode_texts(model, tokenizer, [one.replace("{}", name) for name in names for one in TEMPLATES])
    features = {name: (encode_pixels(model, task.pixels), torch.as_tensor(task.labels)) for name, task in book.items()}
    return request.param, features, texts.unflatten(0, (len(names), -1))


def correct(features, classes, labels):
    return top_k_correct(features @ classes.T, labels, 1)


def one(texts, template):
    return texts[:, TEMPLATES.index(template)]


def difference(first, second):
    """(mean, low, high) of the difference of two ways to ask the same pictures."""
    apart = first - second
    return apart.mean().item(), *bootstrap_interval(apart)


def test_kinds_of_templates_are_as_many_as_said():
    plain = len(dict.fromkeys(KINDS["plain"]))
    assert (len(TEMPLATES), plain, len(KINDS["of a style"]), len(KINDS["of a scene"])) == (84, 19, 52, 8)


def test_no_caption_has_the_unheard_sentences():
    book = PictureBook("train", size=32, count=3_000, progress=False)
    captions = [caption for i in range(3_000) for caption in book.captions(i)]
    for template in KINDS["unheard of"]:
        start, end = map(re.escape, template.split("{}"))
        assert not any(re.search(f"{start}.+{end}$", caption) for caption in captions), template
    assert any(caption.startswith("this is ") for caption in captions)


def test_an_ensemble_may_cost_a_little(asked):
    name, features, texts = asked
    pictures, labels = features["object_held_out_style"]
    bare, together = one(texts, "{}"), ensemble_features(texts)
    mean, low, high = difference(correct(pictures, together, labels), correct(pictures, bare, labels))
    if name == TINY:
        assert mean == pytest.approx(-0.012, abs=0.005) and high < 0.002
    else:
        assert abs(mean) < 0.005 and low < 0 < high


def test_ensembles_of_eight_are_near_the_bare_name(asked):
    name, features, texts = asked
    generator = torch.Generator().manual_seed(0)
    gaps = {asked: {} for asked in features}
    for number in (1, 2, 4, 8, 16, 32, 64):
        chosen = [torch.randperm(len(TEMPLATES), generator=generator)[:number] for _ in range(20)]
        classes = [ensemble_features(texts[:, places]) for places in chosen]
        for asked_of, (pictures, labels) in features.items():
            found = torch.stack([correct(pictures, one_of, labels).mean() for one_of in classes])
            bare = correct(pictures, one(texts, "{}"), labels).mean()
            gaps[asked_of][number] = (bare - found.mean()).item(), found.std(correction=0).item()
    seen, unseen = gaps.values()
    assert all(seen[number][0] < 0.005 for number in (8, 16, 32, 64)) and seen[32][1] < 0.002
    if name == TINY:
        assert all(0.004 < unseen[number][0] < 0.013 for number in (8, 16, 32, 64))


def test_words_of_a_style_help_nowhere(asked):
    name, features, texts = asked
    photo, together = one(texts, "a photo of {}"), ensemble_features(texts)
    own, every = {}, {}
    for styles, (pictures, labels) in zip((TRAIN_STYLES, HELD_OUT_STYLES), features.values(), strict=True):
        for place, style in enumerate(styles):
            chosen = torch.arange(len(labels)) // 52 % len(styles) == place
            frames = ensemble_features(texts[:, [TEMPLATES.index(frame) for frame in STYLE_FRAMES[style]]])
            by_photo, by_own, by_all = (
                correct(pictures[chosen], classes, labels[chosen]) for classes in (photo, frames, together)
            )
            own[style], every[style] = difference(by_own, by_photo), difference(by_all, by_photo)
    assert all(own[style][1] < POINT and own[style][2] > -POINT for style in TRAIN_STYLES)
    if name == TINY:
        assert all(0.02 < every[style][0] < 0.06 and every[style][1] > 0 for style in ("chalk", "negative"))
        assert 0.02 < every["watercolour"][0] < 0.06 and every["watercolour"][1] > 0
        assert own["pixel"] == pytest.approx((-0.05, -0.09, -0.005), abs=0.012)
    else:
        assert own["pixel"][0] == pytest.approx(-0.16, abs=0.015)
        assert own["blueprint"][0] == pytest.approx(-0.22, abs=0.015)


def test_templates_found_on_the_test_are_no_better_elsewhere(book):
    model, _, tokenizer = minclip.load(TINY, "cpu")
    names = book["object"].class_names
    texts = encode_texts(model, tokenizer, [one.replace("{}", name) for name in names for one in TEMPLATES])
    texts = texts.unflatten(0, (len(names), -1))
    features, labels = encode_pixels(model, book["object"].pixels), torch.as_tensor(book["object"].labels)
    chosen, best = [], 0.0
    while True:
        tried = [
            correct(features, ensemble_features(texts[:, [*chosen, i]]), labels).mean().item()
            for i in range(len(TEMPLATES))
        ]
        if max(tried) <= best:
            break
        best = max(tried)
        chosen.append(tried.index(best))
    assert best == pytest.approx(0.846, abs=0.004)
    for seed in (1, 2, 3):
        task = tasks(32, seed=seed, per_class=4, names=["object"], progress=False)["object"]
        features, labels = encode_pixels(model, task.pixels), torch.as_tensor(task.labels)
        bare = correct(features, one(texts, "{}"), labels).mean()
        found = correct(features, ensemble_features(texts[:, chosen]), labels).mean()
        assert -0.008 < found - bare < 0.003


@pytest.mark.parametrize(("name", "share"), [(TINY, 0.44), (SMALL, 0.42)])
def test_order_is_told_worse_than_by_a_coin(name, share):
    model, _, tokenizer = minclip.load(name, "cpu")
    right = []
    for seed in range(7):
        task = tasks(32, seed=seed, per_class=4, names=["relation_swap"], progress=False)["relation_swap"]
        right.append(choice_logits(model, tokenizer, task).argmax(dim=1) == torch.as_tensor(task.labels))
    right = torch.cat(right)
    assert len(right) == 2240 and 1.96 * 0.5 / len(right) ** 0.5 == pytest.approx(0.02, abs=0.001)
    assert right.float().mean() == pytest.approx(share, abs=POINT)


def test_an_interval_holds_the_truth():
    rng, truth, n = np.random.default_rng(0), 0.83, 400
    answers, others = rng.binomial(n, truth, size=(2, 3_000)) / n
    low, high = np.quantile(rng.binomial(n, answers, size=(1_000, 3_000)) / n, [0.025, 0.975], axis=0)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.015)
    assert np.mean((low <= others) & (others <= high)) == pytest.approx(0.85, abs=0.025)


@pytest.mark.parametrize(("name", "least"), [(TINY, 4.5), (SMALL, 1.2)])
def test_a_longer_column_wins_others_pictures(book, name, least):
    model, _, tokenizer = minclip.load(name, "cpu")
    task = book["object"]
    labels = torch.as_tensor(task.labels)
    texts = encode_texts(model, tokenizer, [f"a photo of {one}" for one in task.class_names])
    cosines = encode_pixels(model, task.pixels) @ texts.T
    assert (cosines < 0).float().mean() > 0.4
    assert (cosines.gather(1, labels[:, None]) < 0).float().mean() < 0.002
    cosines[:, 0] *= 1.5
    assert (cosines.argmax(dim=1) == 0).sum() > least * (labels == 0).sum()
