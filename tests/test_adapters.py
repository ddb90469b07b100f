"""Adapters of a few labelled pictures: the formulas, what is trained, and by what the epoch is chosen."""

import inspect
import math
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import minclip
from minclip import adapters
from minclip.adapters import ClipAdapter, TipAdapter, fit_on_shots, tip_adapter_logits
from minclip.prompt_learning import PromptLearner, encode_embeddings
from minclip.similarity import unit_rows
from minclip.zero_shot import zero_shot_classifier

CLASSES, WIDTH, SCALE = 5, 16, 20.0


def some(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit features that lie around a centre for each class, and their classes."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, WIDTH, generator=torch.Generator().manual_seed(99))
    labels = torch.arange(count) % CLASSES
    return unit_rows(centres[labels] + torch.randn(count, WIDTH, generator=generator)), labels


@pytest.fixture
def classifier():
    """Columns that know little."""
    return unit_rows(torch.randn(CLASSES, WIDTH, generator=torch.Generator().manual_seed(5))).T


@pytest.fixture(scope="module")
def tiny():
    return minclip.load("picturebook-tiny", "cpu")


def tip_by_hand(features, classifier, keys, labels, scale, alpha, beta):
    """Picture by picture, class by class, shot by shot, in Python's numbers."""
    rows = []
    for feature in features.tolist():
        row = [scale * sum(a * b for a, b in zip(feature, column, strict=True)) for column in classifier.T.tolist()]
        for key, label in zip(keys.tolist(), labels.tolist(), strict=True):
            cosine = sum(a * b for a, b in zip(feature, key, strict=True))
            row[label] += alpha * math.exp(-beta * (1 - cosine))
        rows.append(row)
    return torch.tensor(rows)


def test_tip_adapter_equals_the_plain_slow_form(classifier):
    features, (keys, labels) = some(7, seed=1)[0], some(12)
    for alpha, beta in product((0.0, 0.5, 30.0), (1.0, 5.5, 64.0)):
        values = F.one_hot(labels, CLASSES).float()
        found = tip_adapter_logits(features, classifier, keys, values, SCALE, alpha, beta)
        expected = tip_by_hand(features, classifier, keys, labels, SCALE, alpha, beta)
        assert torch.allclose(found, expected, atol=1e-4)
        assert torch.equal(TipAdapter(classifier, SCALE, keys, labels, alpha, beta)(features), found)


def test_alpha_of_nothing_is_zero_shot(classifier):
    features, labels = some(7)
    tip = TipAdapter(classifier, SCALE, features, labels, alpha=0.0)
    assert torch.equal(tip(features), SCALE * features @ classifier)


def test_strengths_are_the_best_on_validation(classifier):
    tip, val = TipAdapter(classifier, SCALE, *some(10)), some(20, seed=3)
    tip.choose_strengths(*val)
    chosen = adapters.measured(tip, *val)
    for tip.alpha, tip.beta in product(adapters.ALPHAS, adapters.BETAS):
        assert adapters.measured(tip, *val) <= chosen


def test_only_the_keys_are_trained(classifier):
    tip, before = TipAdapter(classifier, SCALE, *some(10)), classifier.clone()
    fit_on_shots(tip, *some(10), *some(20, seed=3), epochs=3)
    assert [name for name, _ in tip.named_parameters()] == ["keys"]
    assert not torch.equal(tip.keys, some(10)[0]) and torch.equal(classifier, before)


def test_clip_adapter_is_the_papers_formula(classifier):
    features = some(7)[0]
    adapter = ClipAdapter(classifier, SCALE, share=0.3)
    first, second = (layer.weight for layer in adapter.layers if isinstance(layer, nn.Linear))
    assert [*first.shape] == [WIDTH // 4, WIDTH] and len(list(adapter.parameters())) == 2
    changed = ((features @ first.T).clamp(min=0) @ second.T).clamp(min=0)
    expected = SCALE * F.normalize(0.3 * changed + 0.7 * features, dim=1) @ classifier
    assert torch.allclose(adapter(features), expected, atol=1e-5)
    adapter.share = 0.0
    assert torch.allclose(adapter(features), SCALE * features @ classifier, atol=1e-5)


@pytest.mark.parametrize("rows, kept", [([(0.6, -1), (0.8, -1), (0.7, -1)], 1), ([(0.6, -1), (0.6, -2)], 0),
                                        ([(0.6, -2), (0.6, -1), (0.6, -1)], 1)])  # fmt: skip
def test_the_epoch_is_the_best_on_validation(monkeypatch, classifier, rows, kept):
    states, told = [], iter(rows)

    def measured(module, features, labels):
        states.append(module.keys.detach().clone())
        return next(told)

    monkeypatch.setattr(adapters, "measured", measured)
    tip = TipAdapter(classifier, SCALE, *some(10))
    said = fit_on_shots(tip, *some(10), *some(20, seed=3), epochs=len(rows) - 1)
    assert said == [accuracy for accuracy, _ in rows]
    assert torch.equal(tip.keys, states[kept]) and not torch.equal(states[0], states[1])


def test_one_seed_trains_the_same_twice(classifier):
    tips = [TipAdapter(classifier, SCALE, *some(10)) for _ in range(2)]
    for tip in tips:
        torch.rand(1)  # other random numbers are not its own
        fit_on_shots(tip, *some(10), *some(20, seed=3), epochs=2, batch_size=3, seed=4)
    assert torch.equal(tips[0].keys, tips[1].keys)


def test_training_on_shots_lowers_their_loss(classifier):
    shots, adapter = some(20), ClipAdapter(classifier, SCALE, share=0.6)
    before = adapters.measured(adapter, *shots)
    fit_on_shots(adapter, *shots, *shots, epochs=60, learning_rate=1e-2)
    after = adapters.measured(adapter, *shots)
    assert after > before and after[0] > 0.5


def test_embeddings_of_ids_give_the_text_features(tiny):
    model, _, tokenizer = tiny
    tokens = tokenizer(["a picture of a cat", "two red owls in the snow"])
    found = encode_embeddings(model.text, model.text.token_embedding(tokens), tokens.argmax(dim=-1))
    assert torch.allclose(found, model.encode_text(tokens), atol=1e-6)


@pytest.mark.parametrize("context", ["a picture of a", "an image of", "x"])
def test_a_context_of_words_gives_their_features(tiny, context):
    model, _, tokenizer = tiny
    names = ["cat", "red mushroom", "computer mouse"]
    learner = PromptLearner(model, tokenizer, names, context)
    assert torch.allclose(
        learner.classifier(), zero_shot_classifier(model, tokenizer, names, [context + " {}"]), atol=1e-6
    )
    assert len(learner.context) == len(tokenizer.encode(context))


def test_learning_prompts_leaves_the_model_alone(tiny):
    model, _, tokenizer = tiny
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    learner = PromptLearner(model, tokenizer, ["a cat", "a dog", "an owl"])
    start = learner.context.clone()
    features = unit_rows(torch.randn(6, model.config.embed_dim, generator=torch.Generator().manual_seed(0)))
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    fit_on_shots(learner, features, labels, features, labels, epochs=5, learning_rate=1e-2)
    assert [name for name, weight in learner.named_parameters() if weight.requires_grad] == ["context"]
    assert not torch.equal(learner.context, start)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())


def test_what_cannot_be_adapted_is_refused(classifier, tiny):
    features, labels = some(4)
    with pytest.raises(ValueError, match="keys are of 4 shots, values of 3"):
        tip_adapter_logits(features, classifier, features, torch.eye(CLASSES)[:3], SCALE, 1.0, 1.0)
    with pytest.raises(ValueError, match=r"share=1.5 must be from 0"):
        ClipAdapter(classifier, SCALE, share=1.5)
    tip = TipAdapter(classifier, SCALE, features, labels)
    with pytest.raises(ValueError, match="epochs=0 and batch_size=64 must be at least 1"):
        fit_on_shots(tip, features, labels, features, labels, epochs=0)
    with pytest.raises(ValueError, match="epochs=1 and batch_size=0 must be at least 1"):
        fit_on_shots(tip, features, labels, features, labels, epochs=1, batch_size=0)
    with pytest.raises(ValueError, match="beta=-200 must be from 0"):
        TipAdapter(classifier, SCALE, features, labels, beta=-200)(features)
    with pytest.raises(ValueError, match="val_features are 4 rows for 0 labels"):
        fit_on_shots(tip, features, labels, features, labels[:0])
    model, _, tokenizer = tiny
    for nothing in (" ", "\0", "<|endoftext|>"):
        with pytest.raises(ValueError, match=r"context(: number 0 is ' '| must hold a word)"):
            PromptLearner(model, tokenizer, ["a cat"], nothing)
    with pytest.raises(ValueError, match="hold 'a cat' twice"):
        PromptLearner(model, tokenizer, ["a cat", "a cat"])
    with pytest.raises(ValueError, match=r"shape \[1, 40, 128\], the model reads \[batch, length ≤ 32"):
        encode_embeddings(model.text, torch.zeros(1, 40, 128), torch.tensor([3]))


@pytest.mark.parametrize("thing", [tip_adapter_logits, TipAdapter, ClipAdapter, fit_on_shots, adapters.mixed,
                                   encode_embeddings, PromptLearner])  # fmt: skip
def test_each_method_fits_on_a_page(thing):
    assert len(inspect.getsource(thing).splitlines()) <= 40
