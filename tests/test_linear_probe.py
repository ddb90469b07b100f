"""A linear probe: logistic regression on features, with C chosen on val."""

import sys

import numpy as np
import pytest
import torch

from minclip.evaluation.linear_probe import best_of, fit_probe, held_out

pytest.importorskip("sklearn", reason="no scikit-learn here: pip install -e .[probe]")


def clouds(n, classes=3, spread=0.4, seed=0):
    """Features around one corner for each class, and the labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    return torch.eye(classes, 8)[labels] + spread * torch.randn(n, 8, generator=generator), labels


@pytest.fixture(scope="module")
def probe():
    return fit_probe(*clouds(60), *clouds(30, seed=1))


def test_a_probe_tells_classes_apart(probe):
    features, labels = clouds(90, seed=2)
    result = probe.evaluate(features, labels, ["a", "b", "c"])
    right = (probe.predict(features) == labels).float().mean().item()
    assert result.accuracy == pytest.approx(right) and right > 0.7
    assert result.low < result.accuracy < result.high and result.chance == 1 / 3 and result.n == 90
    assert result.confusion.sum() == 90 and result.class_names == ("a", "b", "c")


def test_c_is_the_best_on_val(probe):
    assert 11 <= len(probe.val_accuracy) <= 15
    assert probe.val_accuracy[probe.C] == max(probe.val_accuracy.values())
    assert best_of({0.1: (0.5, -1.0), 1.0: (0.75, -0.2), 10.0: (0.75, -0.1), 100.0: (0.75, -0.3)}) == 10.0


def test_train_and_val_are_learned_from_together(probe):
    from sklearn.linear_model import LogisticRegression

    train, val = clouds(60), clouds(30, seed=1)
    features, labels = (torch.cat(pair).numpy() for pair in zip(train, val, strict=True))
    expected = LogisticRegression(C=probe.C, max_iter=1000).fit(features.astype(float), labels)
    np.testing.assert_allclose(probe.weight.numpy(), expected.coef_, atol=1e-4)
    np.testing.assert_allclose(probe.bias.numpy(), expected.intercept_, atol=1e-4)


def test_two_classes_have_two_rows():
    features, labels = clouds(40, classes=2)
    probe = fit_probe(features, labels, C=1.0)
    assert probe.weight.shape == (2, 8) and probe.val_accuracy == {}
    assert (probe.predict(features) == labels).float().mean() > 0.8


def test_a_c_that_is_given_needs_no_val():
    probe = fit_probe(torch.eye(3), [0, 1, 2], C=1.0)
    assert probe.notes == () and probe.predict(torch.eye(3)).tolist() == [0, 1, 2]


def test_without_val_every_fifth_picture_chooses():
    assert held_out(torch.tensor([0] * 5 + [1] * 11 + [2])).nonzero().flatten().tolist() == [4, 9, 14]
    probe = fit_probe(*clouds(60))
    assert probe.notes == ("C was chosen by 12 pictures of train, as there is no val split",)


def test_a_class_without_pictures_is_never_answered():
    features, labels = clouds(60)
    probe = fit_probe(features, 2 * labels, features, 2 * labels, classes=6, C=1.0)
    assert set(probe.predict(features).tolist()) <= {0, 2, 4}
    assert probe.notes == ("3 of 6 classes have no picture to learn from and are never answered",)
    assert probe.evaluate(features, 2 * labels).accuracy > 0.7


WRONG = [
    ({"labels": ["cat"] * 60}, "labels are texts such as 'cat': give numbers"),
    ({"labels": [0] * 60}, "the labels know 1: give two or more"),
    ({"labels": [0, 1]}, "labels must be 60 whole numbers"),
    ({"labels": torch.rand(60)}, "labels must be 60 whole numbers"),
    ({"labels": [-1] * 60}, "from 0 on"),
    ({"features": torch.zeros(60)}, r"features must be \[n ≥ 1, embed_dim\], found \[60\]"),
    ({"features": torch.full((60, 8), torch.nan)}, "row 0 is not finite"),
    ({"val_features": torch.ones(3, 8)}, "give both, or neither"),
    ({"val_features": torch.ones(3, 5), "val_labels": [0, 1, 2]}, "features have 8 numbers, val_features 5"),
    ({"classes": 2}, "a label is 2, and classes=2"),
]


@pytest.mark.parametrize(("other", "said"), WRONG)
def test_what_does_not_fit_is_refused(other, said):
    features, labels = clouds(60)
    with pytest.raises(ValueError, match=said):
        fit_probe(**({"features": features, "labels": labels} | other))


def test_few_pictures_without_val_need_a_c():
    with pytest.raises(ValueError, match="no class has 5 pictures or more"):
        fit_probe(*clouds(9))


def test_without_scikit_learn_one_line_says_how(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", None)
    with pytest.raises(ValueError, match=r'pip install "minclip\[probe\]"'):
        fit_probe(*clouds(60), C=1.0)
