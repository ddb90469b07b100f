"""Lesson 14: what the learner predicts."""

from minclip.course.question import Number, percent

QUESTIONS = {
    "hidden_thing": Number(
        "A thing covers 6 of 64 patches, and half of the patches are left out. In how many pictures of 100 is all of "
        "it hidden?",
        right=0.6,
        close=1.5,
        digits=1,
        unit="%",
        lowest=0,
        highest=100,
        whole=100,
        misconceptions={
            (40, 60): "no, half is what one patch risks, and all 6 must be left out at once",
            (6, 12): "no, 6 of 64 is how much of the picture the thing covers",
        },
    ),
    "scores_left": Number(
        "A head compares each of 65 tokens with all 65. Half of the 64 patches are left out: how many percent of its "
        "scores are left?",
        right=2,
        close=5,
        digits=0,
        unit="%",
        lowest=0,
        highest=100,
        whole=100,
        misconceptions={
            (50, 51): "no, half of the tokens ask, and each asks half of them",
        },
    ),
    "step_gain": Number(
        "A whole step on half of the patches, text encoder and loss included: how many times as fast was it?",
        right=0.15,
        close=0.3,
        digits=2,
        unit="times",
        lowest=0,
        misconceptions={
            (1.95, 2.05): "no, the image encoder's blocks take half, and other parts of a step take what they took",
            (3.5, 4.3): "no, the scores of attention are a quarter, and most of a block's work is elsewhere",
        },
    ),
    "whole_captions": percent(
        "The captions of the picture book are cut to 8 tokens, SOT and EOT included. What percentage of them is whole?",
        right=4,
        close=10,
        misconceptions={
            (30, 35): "no, one of the three above is whole at 7 tokens, and they were chosen to show all cases"
        },
    ),
    "equal_time": Number(
        "A model that reads all patches finds a picture's own caption among the first ten of 1,000 for 21.2 % of the "
        "pictures. What percentage does a model reach that reads half of them, then all, in equal time?",
        right=1.2,
        close=3,
        digits=1,
        unit="%",
        lowest=0,
        highest=100,
        whole=100,
        misconceptions={
            (30, 34): "no, it saw 1.5 times as many pairs, and does not find 1.5 times as many captions",
        },
    ),
}
