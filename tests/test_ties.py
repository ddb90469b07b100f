"""Ties: what a fair draw among level entries gives, against every order written down."""

from itertools import permutations, product

import pytest
import torch

from minclip.ties import ROUNDING, Rank, rank_of_right


def test_the_chance_of_three_level_entries_by_hand():
    scores = torch.tensor([[0.9, 0.5, 0.5, 0.5, 0.1]])
    right = torch.tensor([[False, True, False, False, False]])
    rank = rank_of_right(scores, right)
    assert [part.item() for part in rank] == [1, 1, 2]  # one is better; one right; two wrong ones are level with it
    # the first place is taken; each further one goes to one of the three by lot
    assert [rank.hit(k).item() for k in (1, 2, 3, 4)] == pytest.approx([0, 1 / 3, 2 / 3, 1])


def by_permutations(scores, right, k):
    """Share of all orders in which an right entry is among the k best, where only level entries change places."""
    orders = {tuple(sorted(order, key=lambda i: -scores[i])) for order in permutations(range(len(scores)))}
    return sum(any(right[i] for i in order[:k]) for order in orders) / len(orders)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 9])
def test_a_hit_is_the_share_of_all_orders(k):
    cases = [(s, o) for s in product((0.0, 0.5, 1.0), repeat=5) for o in product((True, False), repeat=5) if any(o)]
    rank = rank_of_right(torch.tensor([s for s, _ in cases]), torch.tensor([o for _, o in cases]))
    expected = [by_permutations(s, o, k) for s, o in cases[::17]]
    assert rank.hit(k)[::17].tolist() == pytest.approx(expected)


def test_nan_is_never_right_and_stands_before():
    nan = float("nan")
    scores = torch.tensor([[1.0, nan, 0.5], [nan, 0.0, 0.0], [nan, nan, nan]])
    right = torch.tensor([[True, False, False]]).expand(3, 3)
    rank = rank_of_right(scores, right)
    assert rank.hit(1).tolist() == [0, 0, 0]
    assert rank.hit(3).tolist() == [1, 0, 0]
    assert rank_of_right(torch.tensor([[1.0, nan, 0.0]]), torch.tensor([[True, True, False]])).hit(3).item() == 0


def test_infinite_scores_are_level_with_each_other():
    endless = float("inf")
    scores = torch.tensor([[endless, endless, 1.0], [-endless, -endless, 1.0]])
    right = torch.tensor([[True, False, False]]).expand(2, 3)
    assert rank_of_right(scores, right, ROUNDING).hit(1).tolist() == [0.5, 0]
    assert rank_of_right(scores, right, ROUNDING).hit(2).tolist() == [1, 0.5]


def test_scores_apart_by_rounding_are_level_on_demand():
    scores, right = torch.tensor([[0.5, 0.5 + 6e-8, 0.5 + 1e-4]]), torch.tensor([[True, False, False]])
    assert rank_of_right(scores, right).hit(2).item() == 0
    assert rank_of_right(scores, right, ROUNDING).hit(2).item() == 0.5


def test_without_ties_a_hit_is_exactly_right_or_wrong():
    better = torch.arange(12)
    rank = Rank(better, torch.ones(12).long(), torch.zeros(12).long())
    assert rank.hit(5).tolist() == [1.0] * 5 + [0.0] * 7
