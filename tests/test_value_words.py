"""Any value can be compared and put into words."""

import threading
from typing import NamedTuple

import numpy as np
import pytest
import torch

from minclip.course.assertions import Shown
from minclip.course.comparison import copied, difference, equal
from minclip.course.value_words import in_words, shortened


class Bad:
    def __repr__(self):
        raise ValueError("no words")

    def __eq__(self, other):
        raise ValueError("not to be compared")

    __hash__ = None  # type: ignore[assignment]


def test_what_cannot_be_copied_is_passed_on():
    lock = threading.Lock()
    assert copied([lock])[0] is lock
    assert equal(copied((np.ones(2), [1])), (np.ones(2), [1]))


def test_values_are_compared_item_by_item():
    x = torch.ones(3)
    assert equal([x, {"a": x}], [x.clone(), {"a": x.clone()}]) and not equal([x], [x + 1])
    assert not equal([1], (1,)) and not equal(x, x.double()) and not equal(x, np.ones(3))
    assert not equal(Bad(), Bad()) and not equal([Bad()], [1])


def test_numbers_that_differ_look_different():
    assert difference(torch.tensor([1.0]), torch.tensor([1.00012])) == ("[1]", "[1.00012]")
    long = "a" * 100
    assert difference(long + "b", long + "c")[1] == f"from letter 90: {'a' * 10 + 'c'!r}"


class Pair(NamedTuple):
    first: torch.Tensor
    second: list


LONG = "x" * 70


@pytest.mark.parametrize(
    ("expected", "came", "right", "found"),
    [
        ({LONG[:9]: LONG, "b": 1}, {LONG[:9]: LONG, "b": 2}, "at ['b']: 1", "at ['b']: 2"),
        ({"a": LONG, "b": {"c": [0.5]}}, {"a": LONG, "b": {"c": [0.25]}}, "at ['b']: {'c': [0.5]}", None),
        ({"a": {"b": [LONG, 1]}}, {"a": {"b": [LONG, 2]}}, "at ['a']['b'][1]: 1", "at ['a']['b'][1]: 2"),
        ({"a": LONG, "b": 1}, {"a": LONG}, "at ['b']: 1", "at ['b']: nothing"),
        ({"a": LONG}, {"a": LONG, 2: 1}, "at [2]: nothing", "at [2]: 1"),
        ([LONG, 1], [LONG], "at [1]: 1", "at [1]: nothing"),
        ([LONG + "b"], [LONG + "c"], f"at [0]: from letter 60: {'x' * 10 + 'b'!r}", None),
        ([torch.zeros(3, 4)] * 9, [torch.ones(3, 4)] * 9, "at [0][0, 0]: 0", None),
        ([torch.zeros(2)] * 30, [torch.zeros(3)] * 30, "at [0]: [0, 0]", "at [0]: [0, 0, 0]"),
        (Pair(torch.zeros(2), [LONG]), Pair(torch.ones(2), [LONG]), "first: [0, 0]", "first: [1, 1]"),
        (Pair(torch.zeros(9), [LONG]), Pair(torch.ones(9), [LONG]), "at first[0]: 0", None),
        (Pair(torch.zeros(2), [LONG, 1]), Pair(torch.zeros(2), [LONG, 2]), "at second[1]: 1", "at second[1]: 2"),
        ({"a": LONG}, {}, None, "{}"),
    ],
)
def test_what_differs_is_shown(expected, came, right, found):
    words = difference(expected, came)
    assert words[0] != words[1] and right in (None, words[0]) and found in (None, words[1]), words


def test_words_are_short_and_never_fail():
    assert in_words(Bad()) == "a Bad, whose repr raises ValueError"
    assert in_words([torch.ones(2, 3), Bad()]) == "[float [2, 3], a Bad, whose repr raises ValueError]"
    assert len(in_words("x" * 10**7)) == 60 and "0x" not in in_words(object())
    assert in_words(Shown(object(), "a picture")) == "a picture" and in_words({"b": 1, "a": 2}) == "{'b': 1, 'a': 2}"


def test_a_long_line_ends_behind_a_word():
    assert shortened("all of it", 9) == "all of it" and shortened("all of it now", 9) == "all ..."
    assert shortened("x" * 200) == "x" * 96 + " ..."
    assert all(len(shortened("no word is cut " * 20, most)) <= most for most in range(10, 120))
