"""Any value can be compared and put into words."""

import threading

import numpy as np
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


def test_words_are_short_and_never_fail():
    assert in_words(Bad()) == "a Bad, whose repr raises ValueError"
    assert in_words([torch.ones(2, 3), Bad()]) == "[float [2, 3], a Bad, whose repr raises ValueError]"
    assert len(in_words("x" * 10**7)) == 60 and "0x" not in in_words(object())
    assert in_words(Shown(object(), "a picture")) == "a picture" and in_words({"b": 1, "a": 2}) == "{'b': 1, 'a': 2}"


def test_a_long_line_ends_behind_a_word():
    assert shortened("all of it", 9) == "all of it" and shortened("all of it now", 9) == "all ..."
    assert shortened("x" * 200) == "x" * 96 + " ..."
    assert all(len(shortened("no word is cut " * 20, most)) <= most for most in range(10, 120))
