"""Lesson 12: what the learner predicts."""

from minclip.course.question import Number

QUESTIONS = {
    "cost_at_full_width": Number(
        "A 3 × 3 convolution from 256 to 256 channels: how many times the multiply-adds of one from 64 to 64?",
        right=0.5,
        close=2,
        unit="times",
        lowest=0,
        misconceptions={
            (4, 4): "no, the channels that come in and those that go out are both four times as many",
            (8, 8): "no, four times as many come in, and for each of them four times as many go out",
            (64, 64): "no, the 3 × 3 places are the same for both",
            (144, 144): "no, the 3 × 3 places are the same for both",
        },
    ),
    "change_of_the_mean": Number(
        "Stripes move by one place. By how much does each mean of a 2 × 2 square change?",
        right=0.05,
        close=0.1,
        digits=1,
        lowest=0,
        misconceptions={
            (1, 1): "no, that is how much a single place changes: a square has two columns, and they swap",
            (0.5, 0.5): "no, that is the mean itself, before and after",
            (0.25, 0.25): "no, all four places change, two of them up and two of them down",
        },
    ),
    "places_of_the_last_map": Number(
        "How many places has the last map of RN50, for a picture of 224 × 224 pixels?",
        right=0.5,
        close=20,
        lowest=0,
        misconceptions={
            (7, 7): "no, that is its side",
            (14, 14): "no, that is a side, and with four halvings: there are five",
            (28, 28): "no, that is a side, and with three halvings: there are five",
            (196, 196): "no, the stem halves twice, and three of the four stages once: five times in all",
        },
    ),
    "work_of_rn50": Number(
        "How many times the multiply-adds of ViT-B/32's image encoder does RN50's have?",
        right=0.15,
        close=0.25,
        digits=1,
        unit="times",
        lowest=0,
        misconceptions={
            (0.4, 0.5): "no, that is the ratio of the parameters: a convolution uses each weight at every place",
        },
    ),
    "move_by_one_pixel": Number(
        "Plain strides, one pixel to the right: how far do the features move, if 1 is as far as another picture?",
        right=0.1,
        close=0.2,
        digits=1,
        lowest=0,
        highest=2,
        misconceptions={
            (0, 0.1): "no, a stride of 2 then sees the pixels that it skipped before",
        },
    ),
}
