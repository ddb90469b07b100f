"""The kinds of questions: what people type is read or refused in words, and judged in words."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from minclip.course.number_reading import Unreadable
from minclip.course.outline import question_of
from minclip.course.question import Choice, Letters, Number, percent, share, yes_or_no

LOSS = Number("How large is the loss?", right=0.1, close=0.5, digits=2, lowest=0)
BYTES = Number("How many bytes?", right=0, close=1, unit="bytes", lowest=0)
RIGHT = percent("What percentage is right?", right=3, close=10, misconceptions={(0, 4): "no, that is guessing"})
SHARE = share("What share, from 0 to 1?", right=0.01, close=0.1)
OF_16 = Number("How many of the 16 pictures?", right=1, close=3, lowest=0, highest=16, whole=16)
COSINE = Number(
    "What cosine?",
    right=0.004,
    close=0.05,
    digits=3,
    lowest=-1,
    highest=1,
    misconceptions={(0.9995, 1): "close, not 1"},
)
NEARER = Choice("Which is nearer?", {"a blue car": (), "a red automobile": ()})
SAME = yes_or_no("The same?", {"no": "they are"})
PAIR = Letters("Which pair?", 2, misconceptions={"th": "no, in English prose", "th</w>": "no, that is rare"})
FEWER = Number("How many times fewer?", right=10, close=30, unit="times", lowest=1, means="2 means half as many")
TIMES = Number("It is how many times the other?", right=0.5, close=1, digits=1, unit="times", lowest=0)
NEAR_ONE = Number("What cosine?", right=0.02, close=0.1, digits=2, highest=1, misconceptions={(0.99, 1): "not 1"})


@pytest.mark.parametrize(
    ("question", "answer", "read"),
    [
        (LOSS, 4, "4"),
        (LOSS, "4", "4"),
        (LOSS, "about 4", "4"),
        (LOSS, "~4", "4"),
        (LOSS, "I think 4?", "4"),
        (LOSS, "ca. 4", "4"),
        (LOSS, "four", "4"),
        (LOSS, "4.1-4.2", "4.1 to 4.2"),
        (LOSS, "between 4 and 5", "4 to 5"),
        (LOSS, "4 or 5", "4 to 5"),
        (LOSS, "5 - 3", "2"),
        (LOSS, "5 to 3", "3 to 5"),
        (LOSS, (4, 16), "4.16"),
        (LOSS, "4,16", "4.16"),
        (LOSS, "4,1-4,2", "4.1 to 4.2"),
        (LOSS, "ln 64", "4.159"),
        (LOSS, "ln64", "4.159"),
        (LOSS, "log(64)", "4.159"),
        (LOSS, "math.log(64)", "4.159"),
        (LOSS, "log2 64", "6"),
        (LOSS, "log2(64)", "6"),
        (LOSS, "log(64, 2)", "6"),
        (LOSS, "√64", "8"),
        (LOSS, "2^3", "8"),
        (LOSS, "3 × 8", "24"),
        (LOSS, "1e-3", "0.001"),
        (LOSS, torch.tensor(4.16), "4.16"),
        (LOSS, torch.tensor([4.16], requires_grad=True), "4.16"),
        (LOSS, np.float32(4.16), "4.16"),
        (LOSS, np.int64(4), "4"),
        (LOSS, Fraction(25, 6), "4.167"),
        (LOSS, Decimal("4.16"), "4.16"),
        (LOSS, "none", "0"),
        (LOSS, "fifty", "50"),
        (LOSS, "twenty five", "25"),
        (LOSS, "Fifty-Five", "55"),
        (LOSS, "one hundred and forty-five", "145"),
        (LOSS, "a hundred", "100"),
        (LOSS, "two thousand three hundred", "2300"),
        (LOSS, "a dozen", "12"),
        (LOSS, "1.5 million", "1500000"),
        (LOSS, "10k", "10000"),
        (LOSS, "1 000", "1000"),
        (LOSS, "two and a half", "2.5"),
        (LOSS, "one point five", "1.5"),
        (LOSS, "2 x 569", "1138"),
        (LOSS, "2x569", "1138"),
        (LOSS, "two times 569", "1138"),
        (LOSS, "ten or eleven", "10 to 11"),
        (LOSS, "40 or so", "40"),
        (LOSS, "0x10", "16"),
        (BYTES, "four bytes", "4 bytes"),
        (BYTES, "2 x 2 bytes", "4 bytes"),
        (COSINE, "minus 0.5", "-0.5"),
        (COSINE, "minus one", "-1"),
        (COSINE, "negative 1/2", "-0.5"),
        (BYTES, "4 bytes", "4 bytes"),
        (BYTES, "1 byte", "1 byte"),
        (COSINE, "−0,5", "-0.5"),
        (COSINE, "-1 to -0.5", "-1 to -0.5"),
        (COSINE, "96 %", "0.96"),
        (RIGHT, 80, "80 %"),
        (RIGHT, "80%", "80 %"),
        (RIGHT, "80 percent", "80 %"),
        (RIGHT, 0.8, "80 %"),
        (RIGHT, (0, 8), "80 %"),
        (RIGHT, "0.4 %", "0.4 %"),
        (RIGHT, "a half", "50 %"),
        (RIGHT, "two thirds", "66.67 %"),
        (RIGHT, "80%-90%", "80 to 90 %"),
        (RIGHT, 1, "1 %"),
        (SHARE, 0.88, "0.88"),
        (SHARE, (0, 88), "0.88"),
        (SHARE, "88 %", "0.88"),
        (SHARE, 88, "0.88"),
        (SHARE, "1/3", "0.3333"),
        (SHARE, "1 in 3", "0.3333"),
        (SHARE, "one in three", "0.3333"),
        (SHARE, "nearly 1/3", "0.3333"),
        (SHARE, "exactly 0.5", "0.5"),
        (RIGHT, "50/50", "50 %"),
        (RIGHT, "50-50", "50 %"),
        (RIGHT, "54 out of 132", "40.91 %"),
        (OF_16, "16/16", "16"),
        (OF_16, "8 of 16", "8"),
        (OF_16, "half of them", "8"),
        (OF_16, "50 %", "8"),
        (OF_16, "fifty percent", "8"),
        (OF_16, "all", "16"),
        (OF_16, "All of them!", "16"),
        (OF_16, "nearly all", "16"),
        (OF_16, "none of them", "0"),
        (OF_16, "8 pictures", "8"),
        (OF_16, "eight pictures", "8"),
        (OF_16, "8 of the 16 pictures", "8"),
        (RIGHT, "all", "100 %"),
        (SHARE, "none", "0"),
        (OF_16, "8/16", "8"),
        (NEARER, "A red automobile.", '"a red automobile"'),
        (NEARER, "automobile", '"a red automobile"'),
        (NEARER, "I think the blue car, not the red automobile", '"a blue car"'),
        (SAME, True, '"yes"'),
        (SAME, np.bool_(False), '"no"'),
        (SAME, "N", '"no"'),
        (SAME, "no, it does not", '"no"'),
        (PAIR, "o f", '"of"'),
        (PAIR, ("o", "f</w>"), '"of</w>"'),
        (PAIR, "t h</w>", '"th</w>"'),
        (PAIR, "th, I think", '"th"'),
        (PAIR, "maybe th?", '"th"'),
        (PAIR, "ca", '"ca"'),
        (PAIR, "ca, maybe", '"ca"'),
        (LOSS, "4, I think", "4"),
        (LOSS, "4 maybe", "4"),
        (LOSS, "near 0", "0"),
        (LOSS, "just under 4", "4"),
        (LOSS, "none at all", "0"),
        (BYTES, "24 by 24", "576 bytes"),
        (BYTES, "half of 21", "10.5 bytes"),
        (BYTES, "two thirds of 12 bytes", "8 bytes"),
        (OF_16, "half of the 16 pictures", "8"),
        (RIGHT, "half of 289", "50 %"),
        (FEWER, "60-fold", "60 times"),
        (FEWER, "60 fold", "60 times"),
        (FEWER, "factor 60", "60 times"),
        (FEWER, "by a factor of 60", "60 times"),
        (FEWER, "60 times fewer", "60 times"),
        (FEWER, "60x", "60 times"),
        (TIMES, "1000 times smaller", "0.001 times"),
        (TIMES, "10x larger", "10 times"),
        (TIMES, "half as large", "0.5 times"),
        (TIMES, "twice", "2 times"),
        (TIMES, "the same", "1 time"),
        (SAME, "Not at all", '"no"'),
        (SAME, "It doesn’t.", '"no"'),
        (SAME, "no, not at all", '"no"'),
        (SAME, "yes it does", '"yes"'),
        (PAIR, "O, F", '"of"'),
    ],
)
def test_what_people_type_is_read(question, answer, read):
    assert question.said(question.read(answer)) == read


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        (LOSS, "I don't know", "I cannot read"),
        (LOSS, "the same", "I cannot read that as a number"),
        (LOSS, "all", "no total that all could mean"),
        (LOSS, "two three", "I cannot read"),
        (LOSS, "twenty fifty", "I cannot read"),
        (LOSS, "4 apples", "I cannot read"),
        (LOSS, "2 pi r", "I cannot read"),
        (LOSS, "a few", "I cannot read"),
        (OF_16, "most", "I cannot read"),
        (OF_16, "2 more", "I cannot read"),
        (RIGHT, "40 pictures", "I cannot read"),
        (OF_16, "seventeen", "between 0 and 16, so it cannot be 17"),
        (LOSS, "minus 1.5", "not below 0, so it cannot be -1.5"),
        (LOSS, "more than fifty", "on which side"),
        (LOSS, "less than 4", "on which side"),
        (LOSS, "> 4", "on which side"),
        (LOSS, "at most 4", "on which side"),
        (LOSS, "4 1", "I cannot read"),
        (LOSS, "9**9**9", "I cannot read"),
        (LOSS, "(-8)**0.5", "I cannot read"),
        (LOSS, "__import__('os')", "I cannot read"),
        (LOSS, "9" * 5000, "I cannot read"),
        (LOSS, "-" * 100_000 + "1", "I cannot read"),
        (LOSS, "(" * 500, "I cannot read"),
        (LOSS, "\0", "I cannot read"),
        (LOSS, "1/0", "divides by zero"),
        (LOSS, "1,234", "may be 1234 or 1.234"),
        (LOSS, (1, 234), "two numbers, 1 and 234"),
        (LOSS, (1, 0), "two numbers, 1 and 0"),
        (LOSS, (1, 2, 3), "several answers"),
        (LOSS, math.nan, "no finite number"),
        (LOSS, "-inf", "I cannot read"),
        (LOSS, np.float64("inf"), "no finite number"),
        (LOSS, 10**400, "no finite number"),
        (LOSS, True, "True is no number"),
        (LOSS, [4], "of type list"),
        (LOSS, torch.ones(3), "of type Tensor"),
        (LOSS, torch.ones(3).to("meta"), "of type Tensor"),
        (LOSS, 2j, "of type complex"),
        (LOSS, torch.Tensor, "is not one number"),
        (LOSS, -1, "not below 0, so it cannot be -1"),
        (LOSS, 4.1 - 4.2, "cannot be -0.1"),
        (RIGHT, 120, "between 0 and 100, so it cannot be 120 %"),
        (SHARE, 500, "between 0 and 1"),
        (COSINE, 24, "between -1 and 1"),
        (NEARER, "a red car", "none of the answers"),
        (NEARER, 3, "none of the answers"),
        (SAME, "no idea", "none of the answers"),
        (SAME, "yes and no", "none of the answers"),
        (SAME, 1, "none of the answers"),
        (BYTES, "half", "A part of what?"),
        (BYTES, "half of it", "A part of what?"),
        (FEWER, "98 %", "2 means half as many"),
        (FEWER, "1/58", "2 means half as many"),
        (PAIR, "the", "not 2 letters"),
        (PAIR, 3, "not 2 letters"),
    ],
)
def test_what_cannot_be_read_is_refused(question, answer, why):
    with pytest.raises(Unreadable, match=re.escape(why)):
        question.read(answer)


@pytest.mark.parametrize(
    ("question", "answer", "measured", "words"),
    [
        (LOSS, 4.2, 4.1631, "right"),
        (LOSS, 4, 4.1631, "close"),
        (LOSS, 1, 4.1631, "3.2 too low"),
        (LOSS, 1000, 4.1631, "1000 too high"),
        (LOSS, "4.1-4.2", 4.1631, "right, it lies in your range"),
        (BYTES, "7 to 9", 8, "right, it lies in your range"),
        (TIMES, "7 to 9", 8.1, "right, it lies in your range"),
        (TIMES, "6 to 10", 8.1, "it lies in your range, which is wide"),
        (RIGHT, "60 to 70", 59, "close, it lies just outside your range"),
        (RIGHT, "80 to 90", 59, "21 percentage points too high"),
        (NEAR_ONE, "almost 1", 0.92, "close"),
        (NEAR_ONE, "1", 0.92, "not 1"),
        (NEAR_ONE, "I think 1", 0.92, "not 1"),
        (NEAR_ONE, "almost 1", 0.5, "not 1"),
        (PAIR, "t h</w>", "o f", "no, that is rare"),
        (PAIR, "o f</w>", "o f", "right"),
        (LOSS, "0-100", 4.1631, "it lies in your range, which is wide"),
        (LOSS, "5-6", 4.1631, "0.84 too high"),
        (BYTES, 4, 4, "right"),
        (BYTES, 3, 4, "close"),
        (BYTES, 8, 4, "4 too high"),
        (RIGHT, 80, 44.1, "36 percentage points too high"),
        (RIGHT, 33, 44.1, "11 percentage points too low"),
        (RIGHT, 2, 44.1, "no, that is guessing"),
        (RIGHT, 2, 2.1, "right"),  # a misconception is none where it is true
        (SHARE, 0.2, 0.881, "68 percentage points too low"),
        (COSINE, 1.0, 0.9961, "close, not 1"),
        (COSINE, 0.999, 0.9961, "right"),
        (COSINE, 1.0, 0.9999, "right"),
        (NEARER, "a red automobile", "a red automobile", "right"),
        (NEARER, "automobile", "a red automobile", "close enough"),
        (NEARER, "a blue car", "a red automobile", "wrong"),
        (NEARER, "a blue car", "a green bus", ""),  # of a lesson that was changed
        (LOSS, 4, math.nan, ""),
        (LOSS, 4, math.inf, ""),
        (SAME, "no", "yes", "they are"),
        (PAIR, "of", "o f", "right"),
        (PAIR, "th", "o f", "no, in English prose"),
        (PAIR, "qu", "o f", "wrong"),
    ],
)
def test_verdicts_are_in_words(question, answer, measured, words):
    assert question.verdict(question.read(answer), measured) == words


@pytest.mark.parametrize(
    ("question", "measured", "words"),
    [
        (LOSS, torch.tensor(4.1631), "4.16"),
        (LOSS, 0.0, "0"),
        (LOSS, 1e-9, "0.00"),
        (LOSS, -1e-9, "0.00"),
        (BYTES, 1, "1 byte"),
        (RIGHT, 44.12, "44 %"),
        (SAME, "yes", "yes"),
    ],
)
def test_what_was_measured_is_rounded(question, measured, words):
    assert question.measured(measured) == words


@pytest.mark.parametrize(
    ("name", "answer", "measured", "words"),
    [
        ("found_from_the_left", 43, 43, "right"),
        ("found_from_the_left", 48, 43, "close"),
        ("found_from_the_left", 36, 43, "close, 15 such sets gave 28 to 43, and 36 on average"),
        ("found_from_the_left", 28, 43, "close, 15 such sets gave 28 to 43, and 36 on average"),
        ("found_from_the_left", 25, 43, "18 too low"),
        ("right_or_swapped", 43, 42.9, "right"),
        (
            "right_or_swapped",
            "about half",
            42.9,
            "near enough, a coin gets 50 % of so many pictures right, give or take 6",
        ),
        ("right_or_swapped", 60, 42.9, "17 percentage points too high"),
        (
            "most_frequent_pair",
            "t h</w>",
            "o f",
            "no, at the end of a word it is rare here: t h, without the mark, is second",
        ),
        ("gradient_without_residuals", "half", 1.4, "close"),
        (
            "gradient_without_residuals",
            "near 0",
            1.4,
            "no, that is the usual story, but the norms keep the gradient's size",
        ),
        ("cosine_of_two_orders", "almost 1", 0.916, "close"),
    ],
)
def test_verdicts_agree_with_what_the_lesson_says(name, answer, measured, words):
    question = question_of(name)
    assert question.verdict(question.read(answer), measured) == words
