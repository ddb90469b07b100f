"""How answers are counted: by hand, against every order of level classes, and against evaluation's fast forms."""

import math

import numpy as np
import pytest
import torch

from minclip.accuracy import bootstrap_interval, rank_of_label, top_k_accuracy, top_k_correct
from minclip.evaluation import intervals


def test_top_k_counts_the_k_highest():
    logits = torch.tensor([[4.0, 3.0, 2.0, 1.0]]).expand(4, 4)
    assert top_k_accuracy(logits, torch.arange(4), ks=(1, 2, 3, 9)) == {1: 0.25, 2: 0.5, 3: 0.75, 9: 1.0}


def test_level_classes_share_the_places_that_are_left():
    logits = torch.tensor([[5.0, 3.0, 3.0, 3.0, 1.0]])
    label = torch.tensor([2])  # one class is ahead, three are level
    assert [top_k_correct(logits, label, k).item() for k in range(1, 6)] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1])


@pytest.mark.parametrize("value", [0.0, 0.3, float("inf")])
def test_equal_scores_get_what_guessing_gets(value):
    logits, labels = torch.full((6, 3), value), torch.tensor([0, 1, 2, 0, 0, 0])
    assert top_k_accuracy(logits, labels, ks=(1, 2, 3)) == pytest.approx({1: 1 / 3, 2: 2 / 3, 3: 1})
    assert top_k_accuracy(torch.zeros(6, 3).int(), labels, ks=(1,)) == pytest.approx({1: 1 / 3})


def test_evaluation_counts_as_the_page_does():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randint(0, 5, (500, 7), generator=generator).float()  # full of level classes
    labels = torch.randint(0, 7, (500,), generator=generator)
    for k in range(1, 8):
        expected = rank_of_label(logits, labels).hit(k)
        torch.testing.assert_close(top_k_correct(logits, labels, k).double(), expected, rtol=0, atol=1e-6)


def test_what_is_no_number_is_never_right():
    logits = torch.tensor([[float("nan")] * 3, [float("nan"), 1.0, 2.0], [3.0, float("nan"), 2.0]])
    rank = rank_of_label(logits, torch.tensor([0, 0, 0]))
    assert [rank.hit(k).tolist() for k in (1, 2, 3)] == [[0, 0, 0], [0, 0, 1], [0, 0, 1]]
    with pytest.raises(ValueError, match="NaN"):
        top_k_correct(logits, torch.tensor([0, 0, 0]), 1)


@pytest.mark.parametrize("count", [top_k_accuracy, lambda logits, labels: rank_of_label(logits, labels)])
def test_labels_that_do_not_fit_are_refused(count):
    with pytest.raises(ValueError, match="labels run from 0 to 3"):
        count(torch.zeros(2, 3), torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="labels run from -1 to 2"):
        count(torch.zeros(2, 3), torch.tensor([-1, 2]))
    for logits, labels in ((torch.zeros(3), torch.tensor([0])), (torch.zeros(0, 3), torch.zeros(0).long())):
        with pytest.raises(ValueError, match="logits must be"):
            count(logits, labels)
    with pytest.raises(ValueError, match="labels"):
        count(torch.zeros(2, 3), torch.tensor([0]))


def test_a_k_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        top_k_accuracy(torch.zeros(2, 3), torch.tensor([0, 0]), ks=(0,))


def test_the_interval_is_as_wide_as_theory_says():
    correct = torch.arange(1000) < 800
    low, high = bootstrap_interval(correct)
    half = 1.96 * math.sqrt(0.8 * 0.2 / 1000)  # 0.025; the ends rest on 50 draws each, so 0.003 to and fro
    assert (low, high) == pytest.approx((0.8 - half, 0.8 + half), abs=0.003)
    assert bootstrap_interval(correct) == (low, high) != bootstrap_interval(correct, seed=1)
    assert bootstrap_interval(correct, level=0.5)[1] < high


@pytest.mark.parametrize("correct", [torch.arange(300) < 240, torch.tensor([0.5] * 100 + [1.0] * 60 + [0.0] * 40)])
def test_evaluation_has_the_intervals_of_the_page(correct):
    fast = intervals.bootstrap_interval(correct.numpy(), resamples=20_000)
    width = fast[1] - fast[0]  # with 2,000 resamples an end is good to about a tenth of it
    assert bootstrap_interval(correct, resamples=20_000) == pytest.approx(fast, abs=0.1 * width)


def test_an_interval_leaves_other_random_numbers_alone():
    torch.manual_seed(5)
    np.random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    bootstrap_interval(torch.ones(10))
    assert torch.equal(torch.get_rng_state(), before[0]) and np.random.get_state()[1].tolist() == before[1]


@pytest.mark.parametrize(
    ("correct", "level", "message"), [(torch.ones(0), 0.95, "at least one"), (torch.ones(3), 95, "level=95")]
)
def test_an_interval_of_nothing_is_refused(correct, level, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(correct, level=level)


def test_the_default_is_95_percent_of_2000_draws():
    correct = torch.arange(300) < 240
    assert bootstrap_interval(correct) == bootstrap_interval(correct, level=0.95, resamples=2000, seed=0)
    assert list(top_k_accuracy(torch.eye(6), torch.arange(6))) == [1, 5]


@pytest.mark.parametrize("correct", [torch.ones(2, 2), torch.tensor(1.0)])
def test_an_interval_of_no_row_is_refused(correct):
    with pytest.raises(ValueError, match="at least one answer"):
        bootstrap_interval(correct)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_level_at_the_border_is_refused(level):
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        bootstrap_interval(torch.ones(3), level=level)


def test_whole_numbers_are_ranked_like_fractions():
    rank = rank_of_label([[3, 2, 1], [1, 3, 2]], [0, 0])  # lists, too
    assert [part.tolist() for part in rank] == [[0, 2], [1, 1], [0, 0]]
    close = torch.tensor([[1.0, 1.5, 3.0]])
    assert [rank_of_label(close, torch.tensor([0]), *by).better.item() for by in ((), (0.5,), (2.0,))] == [2, 1, 0]
    fine = torch.tensor([[1.0, 1 + 1e-12]], dtype=torch.float64)  # one number in float32
    assert rank_of_label(fine, torch.tensor([0])).better.item() == 1


@pytest.mark.parametrize(("logits", "labels", "named"), [(["a"], [0], "logits"), ([[1.0, 2.0]], ["a"], "labels")])
def test_what_is_no_number_is_named(logits, labels, named):
    with pytest.raises(ValueError, match=f"^{named} must be numbers"):
        rank_of_label(logits, labels)
